import { openSync, readSync, writeFileSync } from 'node:fs';

/**
 * Loaded into the broker before its own code: writes down the longest turn of its event loop, by the clock and in processor time of the
 * thread that runs it. Time of other threads would count where documents are parsed beside a loop that has no processor.
 */
const file = process.env.SLUICE_TURN_PROBE;
const WRITE_MS = 500;
const FIGURE_BYTES_MAX = 64;

let forget = (): void => undefined;

/** Leaves out what another probe has done in this turn. */
export const forgetTurn = (): void => forget();

if (file && process.argv[1]?.endsWith('main.js')) {
  const cpuMs = clockOfThread();
  let longest = { sinceMs: Date.now(), ms: 0, cpuMs: 0 };
  let lastMs = performance.now();
  let lastCpuMs = cpuMs();
  // Due in every turn of a busy loop: what lies between two calls is one turn.
  setInterval(() => {
    const nowMs = performance.now();
    const nowCpuMs = cpuMs();
    longest.ms = Math.max(longest.ms, nowMs - lastMs);
    longest.cpuMs = Math.max(longest.cpuMs, nowCpuMs - lastCpuMs);
    lastMs = nowMs;
    lastCpuMs = nowCpuMs;
  }, 1).unref();
  forget = () => {
    lastMs = performance.now();
    lastCpuMs = cpuMs();
  };
  setInterval(() => {
    writeFileSync(file, JSON.stringify(longest));
    longest = { sinceMs: Date.now(), ms: 0, cpuMs: 0 };
  }, WRITE_MS).unref();
}

/** Linux reports the nanoseconds of each thread; elsewhere it is the time of the process. */
function clockOfThread(): () => number {
  if (process.platform !== 'linux') return cpuMsOfProcess;
  const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  const bytes = Buffer.alloc(FIGURE_BYTES_MAX);
  return () => {
    const length = readSync(schedstat, bytes, 0, FIGURE_BYTES_MAX, 0);
    return Number(bytes.toString('latin1', 0, length).split(' ')[0]) / 1e6;
  };
}

function cpuMsOfProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
