import type { LinuxProcess } from '../../../bench/processes/linux-process.js';

const SAMPLE_MS = 500;
const KEPT_MS = 60_000;
/** `ledgerSightMs` by default: so long a broker goes on without news of the ledger. */
const STALE_AFTER_MS = 15_000;
/** Share of that time for which the broker or its store must have waited for the CPU; an answer takes the rest. */
const WAITED_SHARE_MIN = 0.5;

/**
 * Measures how long a process, and those that it has started, wait for a CPU that others have: in each half second the wait of the thread
 * that waited longest. Where the system does not tell (all but Linux) it is 0.
 */
export class CpuWait {
  readonly #samples: { atMs: number; totalMs: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #byThread = new Map<string, number>();
  #totalMs = 0;

  constructor(private readonly process: LinuxProcess) {
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Whether a refusal with LEDGER_OUT_OF_SIGHT is right: the process or its store got no CPU for most of the time after which a
   * ledger is stale. On every other machine it is a fault.
   */
  isStarved(): boolean {
    return this.#withinMs(STALE_AFTER_MS) >= STALE_AFTER_MS * WAITED_SHARE_MIN;
  }

  #withinMs(lastMs: number): number {
    this.#sample();
    const fromMs = performance.now() - lastMs;
    const before = this.#samples.findLast(({ atMs }) => atMs <= fromMs) ?? this.#samples[0];
    return this.#totalMs - (before?.totalMs ?? 0);
  }

  #sample(): void {
    const atMs = performance.now();
    const all = [this.process, ...this.process.children];
    const byThread = new Map(all.flatMap((one) => [...one.waitedMsByThread()]));
    const waits = [...byThread].map(([thread, waitMs]) => waitMs - (this.#byThread.get(thread) ?? waitMs));
    this.#totalMs += Math.max(0, ...waits);
    this.#byThread = byThread;
    this.#samples.push({ atMs, totalMs: this.#totalMs });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - KEPT_MS) this.#samples.shift();
  }
}
