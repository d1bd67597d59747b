import { spawn } from 'node:child_process';

/** A terminal and npm may both pass on one Ctrl-C; what comes later is the user's second one. */
const SAME_SIGNAL_MS = 1_000;

/** Runs a node program with this terminal, passes signals on to it once, and ends with its exit code. */
export function runProgram(args, env = process.env) {
  // In a process group of its own: else Ctrl-C would reach it twice, from the terminal and from here.
  const child = spawn(process.execPath, args, { stdio: 'inherit', detached: true, env });
  const passedAtMs = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = Date.now();
      if (now - (passedAtMs.get(signal) ?? 0) < SAME_SIGNAL_MS) return;
      passedAtMs.set(signal, now);
      child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      process.exitCode = code ?? 1;
      resolve(process.exitCode);
    });
  });
}
