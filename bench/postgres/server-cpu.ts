import { NOT_MEASURED } from '../harness/cpu-meter.js';
import { LinuxProcess } from '../processes/linux-process.js';

/** CPU seconds of a PostgreSQL server with all its processes, including those that have ended. */
export function serverCpuSeconds(postmaster: number): number | typeof NOT_MEASURED {
  const server = new LinuxProcess(postmaster);
  const own = server.cpuSecondsWithEnded;
  if (own === undefined) return NOT_MEASURED;
  return server.children.reduce((sum, { cpuSeconds = 0 }) => sum + cpuSeconds, own);
}
