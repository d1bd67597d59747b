import { usageOf } from '../processes/process-usage.js';

/** Role of a process in a bench (`broker`, `nats-server`, `subscribers`, …) and its pid. */
export type Roles = Record<string, number>;

export const NOT_MEASURED = 'not measured on this system';
export type CpuSeconds = Record<string, number | typeof NOT_MEASURED>;

/** Measures the CPU seconds that each process uses between `start` and `read`. */
export class CpuMeter {
  private constructor(
    private readonly roles: Roles,
    private readonly before: CpuSeconds,
    private readonly startedAtMs: number,
  ) {}

  static async start(roles: Roles): Promise<CpuMeter> {
    return new CpuMeter(roles, await readAll(roles), performance.now());
  }

  async read(): Promise<{ cpuSeconds: CpuSeconds; seconds: number }> {
    const now = await readAll(this.roles);
    const seconds = rounded((performance.now() - this.startedAtMs) / 1000);
    const cpuSeconds: CpuSeconds = {};
    for (const [role, used] of Object.entries(now)) {
      const before = this.before[role];
      cpuSeconds[role] = typeof used === 'number' && typeof before === 'number' ? rounded(used - before) : NOT_MEASURED;
    }
    return { cpuSeconds, seconds };
  }
}

/** Sum over the given roles; NaN, which JSON prints as null, when one of them was not measured. */
export function cpuSum(cpuSeconds: CpuSeconds, roles: readonly string[]): number {
  return roles.reduce((sum, role) => {
    const used = cpuSeconds[role];
    return sum + (typeof used === 'number' ? used : Number.NaN);
  }, 0);
}

async function readAll(roles: Roles): Promise<CpuSeconds> {
  const entries = Object.entries(roles).map(async ([role, pid]) => {
    return [role, (await usageOf(pid))?.cpuSeconds ?? NOT_MEASURED] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
