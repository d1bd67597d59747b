import { spawn } from 'node:child_process';
import { PROCESS_ENVIRONMENT } from './process-environment.mjs';
import { runtime } from './runtime.mjs';

/** A terminal and npm may both pass on one Ctrl-C; a signal after this time is the user's second one. */
const SAME_SIGNAL_MS = 1_000;
const PARENT_CHECK_INTERVAL_MS = 1_000;

/** Runs a node program with this terminal, passes signals on to it once, and ends with its exit code. */
export async function runProgram(args) {
  // The program runs in a process group of its own: otherwise Ctrl-C would reach it twice, from the terminal and from
  // here.
  const env = { ...PROCESS_ENVIRONMENT, ...process.env };
  const child = spawn(runtime(), args, { stdio: 'inherit', detached: true, env });
  const passedAtMs = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = Date.now();
      if (now - (passedAtMs.get(signal) ?? 0) < SAME_SIGNAL_MS) return;
      passedAtMs.set(signal, now);
      child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event) endWithParent(child);
  process.exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Ends the program when npm is killed outright, since npm passes nothing on then. */
export function endWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, PARENT_CHECK_INTERVAL_MS);
  timer.unref();
}
