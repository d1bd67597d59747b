import { spawn } from 'node:child_process';

/** A terminal and npm may both pass on one Ctrl-C; a signal after this time is the user's second one. */
const SAME_SIGNAL_MS = 1_000;
const PROGRESS_INTERVAL_MS = 15_000;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Children that have not ended yet. */
const running = new Set();
/** The first signal that asked this process to end; no child is started after it. */
let interruptedBy;

/**
 * Until the returned function is called, a signal to this process ends its children and waits for them, instead of ending
 * this process at once: `npm ci` that outlives it would race the next one. A second signal kills them, and is waited for too.
 */
export function endChildrenOnSignals() {
  let signalledAtMs = 0;
  const onSignal = (signal) => {
    const isSecond = interruptedBy !== undefined;
    if (isSecond && Date.now() - signalledAtMs < SAME_SIGNAL_MS) return;
    signalledAtMs = Date.now();
    interruptedBy ??= signal;
    for (const child of running) killGroup(child, isSecond ? 'SIGKILL' : 'SIGTERM');
  };
  for (const signal of Object.keys(EXIT_CODES)) process.on(signal, onSignal);
  return () => {
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, onSignal);
  };
}

/** The exit code that says which signal ended this process; undefined while none came. */
export const interruptedExitCode = () => EXIT_CODES[interruptedBy];

/**
 * Runs a program to its end and resolves with its exit code and output; after `deadlineMs` it is killed and the promise
 * rejects. With `show` its output goes to the terminal instead, and where there is no terminal a line says from time to time
 * that it still runs; with `onOutput` that is called with the stream of its standard output, and errors go to the terminal. `onStart`
 * is called with the number of its process, which leads a process group of its own.
 */
export function runChild(program, args, { cwd, env, deadlineMs, show = false, onOutput, onStart = () => {} } = {}) {
  if (interruptedBy) return Promise.reject(new Error(`${program} was not started: ${interruptedBy} came`));
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', show ? 'inherit' : 'pipe', show || onOutput ? 'inherit' : 'pipe'];
    const child = spawn(program, args, { cwd, env: env ?? process.env, stdio, detached: true });
    running.add(child);
    if (child.pid) onStart(child.pid);
    let output = '';
    if (onOutput) onOutput(child.stdout);
    else child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child, 'SIGKILL');
    }, deadlineMs);
    const progress = show && !process.stdout.isTTY ? reportProgress(program, args) : undefined;
    const ended = () => {
      running.delete(child);
      clearTimeout(timer);
      clearInterval(progress);
    };
    child.once('error', (error) => {
      ended();
      reject(error);
    });
    child.once('close', (code, signal) => {
      ended();
      if (isLate) reject(new Error(`${program} did not end within ${deadlineMs / 1000} s`));
      else if (interruptedBy) reject(new Error(`${program} was ended by ${interruptedBy}`));
      else resolve({ code: code ?? 1, signal, output });
    });
  });
}

/** Like `runChild`, but an exit code other than 0 rejects with the last lines of the output. */
export async function mustRun(program, args, options) {
  const { code, output } = await runChild(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ended with exit code ${code}\n${output.trim().split('\n').slice(-10).join('\n')}`);
  return output;
}

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

function reportProgress(program, args) {
  const startedAtMs = Date.now();
  const name = [program, ...args].map((part) => part.split('/').at(-1)).find((part) => /npm|tsc/.test(part)) ?? program;
  return setInterval(() => {
    console.error(`setup: ${name} has been running for ${Math.round((Date.now() - startedAtMs) / 1000)} s`);
  }, PROGRESS_INTERVAL_MS);
}
