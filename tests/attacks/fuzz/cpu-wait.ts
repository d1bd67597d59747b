import { readdirSync, readFileSync } from 'node:fs';

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

  constructor(private readonly pid: number) {
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
    const byThread = waitsByThread(withChildren(this.pid));
    const waits = [...byThread].map(([thread, waitMs]) => waitMs - (this.#byThread.get(thread) ?? waitMs));
    this.#totalMs += Math.max(0, ...waits);
    this.#byThread = byThread;
    this.#samples.push({ atMs, totalMs: this.#totalMs });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - KEPT_MS) this.#samples.shift();
  }
}

/** Milliseconds on the run queue since the start of each thread: the second figure of its `schedstat`, in nanoseconds. */
function waitsByThread(pids: readonly number[]): Map<string, number> {
  const waits = new Map<string, number>();
  for (const pid of pids) {
    for (const thread of listed(`/proc/${pid}/task`)) {
      const [, waitNs] = textOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ');
      if (waitNs !== undefined) waits.set(thread, Number(waitNs) / 1e6);
    }
  }
  return waits;
}

function withChildren(pid: number): number[] {
  const children = textOf(`/proc/${pid}/task/${pid}/children`).trim().split(' ');
  return [pid, ...children.filter((child) => child !== '').map(Number)];
}

/** Empty for a thread that has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
