import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { eventually } from '../condition.js';

const MEMORY_PROBE = new URL('memory-probe.js', import.meta.url).href;
const TAKEN_MS_MAX = 60_000;
const MIB = 1024 * 1024;

/** Memory of the main thread after a full collection, in MiB. */
export interface MemoryInUse {
  heapMiB: number;
  /** Buffers and what libraries count for their objects. */
  externalMiB: number;
  residentMiB: number;
}

/** Memory that a broker which was started with `env` has in use. */
export class WatchedMemory {
  #taken = 0;

  constructor(
    private readonly file: string,
    private readonly child: ChildProcess,
  ) {}

  /** The probe loads that of the turns as well. */
  static env(file: string): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import ${MEMORY_PROBE}`, SLUICE_MEMORY_PROBE: file };
  }

  async take(): Promise<MemoryInUse> {
    this.child.kill('SIGUSR2');
    const expected = this.#taken + 1;
    await eventually(() => this.#read()?.taken === expected, 'the broker to report its memory', TAKEN_MS_MAX);
    this.#taken = expected;
    const { heapUsed, external, rss } = this.#read()!;
    return { heapMiB: heapUsed / MIB, externalMiB: external / MIB, residentMiB: rss / MIB };
  }

  #read(): (NodeJS.MemoryUsage & { taken: number }) | undefined {
    if (!existsSync(this.file)) return undefined;
    try {
      return JSON.parse(readFileSync(this.file, 'utf8')) as NodeJS.MemoryUsage & { taken: number };
    } catch {
      // It is being written.
      return undefined;
    }
  }
}
