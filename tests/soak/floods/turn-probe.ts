import { writeFileSync } from 'node:fs';

/** Loaded into the broker before its own code: writes down the longest turn of its event loop, by the clock and in processor time. */
const file = process.env.SLUICE_TURN_PROBE;
const WRITE_MS = 500;

if (file && process.argv[1]?.endsWith('main.js')) {
  let longest = { ms: 0, cpuMs: 0 };
  let lastMs = performance.now();
  let lastCpuMs = cpuMs();
  // Due in every turn of a busy loop: what lies between two calls is one turn.
  setInterval(() => {
    const nowMs = performance.now();
    const nowCpuMs = cpuMs();
    longest = { ms: Math.max(longest.ms, nowMs - lastMs), cpuMs: Math.max(longest.cpuMs, nowCpuMs - lastCpuMs) };
    lastMs = nowMs;
    lastCpuMs = nowCpuMs;
  }, 1).unref();
  setInterval(() => {
    writeFileSync(file, JSON.stringify(longest));
    longest = { ms: 0, cpuMs: 0 };
  }, WRITE_MS).unref();
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
