import type { LinuxProcess } from '../../../bench/processes/linux-process.js';

const MICROSECONDS = 1e6;

/** Processor seconds of those that share the work of a run; 0 where the system does not tell. */
export class CpuTimes {
  constructor(
    readonly fuzzer: number,
    /** Used by the main thread of the broker, and by all its others: collectors, the thread pool, parsers of documents. */
    readonly loop: number,
    readonly threads: number,
    readonly store: number,
  ) {}

  static now(broker: LinuxProcess): CpuTimes {
    const { user, system } = process.cpuUsage();
    const loop = broker.mainThreadCpuSeconds ?? 0;
    const store = broker.children.reduce((sum, child) => sum + (child.cpuSeconds ?? 0), 0);
    return new CpuTimes((user + system) / MICROSECONDS, loop, (broker.cpuSeconds ?? 0) - loop, store);
  }

  since(before: CpuTimes): CpuTimes {
    return this.#with(before, (now, then) => now - then);
  }

  plus(other: CpuTimes): CpuTimes {
    return this.#with(other, (one, two) => one + two);
  }

  /** For each of so many inputs, in microseconds. */
  perInput(inputs: number): string {
    const { fuzzer, loop, threads, store } = this;
    const parts = Object.entries({ fuzzer, loop, threads, store });
    const each = parts.map(([name, seconds]) => `${name} ${((seconds * MICROSECONDS) / inputs).toFixed()}`);
    return `${each.join(', ')} µs`;
  }

  #with(other: CpuTimes, combined: (one: number, two: number) => number): CpuTimes {
    return new CpuTimes(
      combined(this.fuzzer, other.fuzzer),
      combined(this.loop, other.loop),
      combined(this.threads, other.threads),
      combined(this.store, other.store),
    );
  }
}
