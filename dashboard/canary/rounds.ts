import type { CanaryMetrics, CanaryTransport, RoundOutcome } from './canary-metrics.js';
import { TRANSPORTS } from './canary-metrics.js';

interface OpenEvent {
  startedMs: number;
  waiting: Set<CanaryTransport>;
}

/** Follows the events of one round until each has arrived over each transport, or the round is over. */
export class Rounds {
  readonly #open = new Map<string, OpenEvent>();
  #onArrival: (() => void) | undefined;

  constructor(private readonly metrics: CanaryMetrics) {}

  begin(round: string, partition: number, nowMs: number): void {
    this.#open.set(keyOf(round, partition), { startedMs: nowMs, waiting: new Set(TRANSPORTS) });
  }

  /** Events of other canaries, and of rounds that are over, are ignored; so are repeats. */
  arrived(transport: CanaryTransport, partition: number, round: unknown, nowMs: number): void {
    const open = this.#open.get(keyOf(String(round), partition));
    if (!open?.waiting.delete(transport)) return;
    this.metrics.arrived(transport, (nowMs - open.startedMs) / 1000);
    this.metrics.round(transport, 'delivered');
    if (open.waiting.size === 0) this.#onArrival?.();
  }

  /** Whether something has not arrived yet. */
  get isWaiting(): boolean {
    return [...this.#open.values()].some(({ waiting }) => waiting.size > 0);
  }

  /** Resolves when everything has arrived, after `timeoutMs`, or when the signal aborts. */
  allArrived(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#onArrival = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done);
      this.#onArrival = () => {
        if (!this.isWaiting) done();
      };
      if (!this.isWaiting || signal.aborted) done();
    });
  }

  /** Counts what has not arrived, and ends the round. `outcomeOf` says what that means for a partition. */
  end(outcomeOf: (partition: number) => RoundOutcome): { partition: number; transports: CanaryTransport[] }[] {
    const missed: { partition: number; transports: CanaryTransport[] }[] = [];
    for (const [key, { waiting }] of this.#open) {
      const partition = partitionOf(key);
      const outcome = outcomeOf(partition);
      for (const transport of waiting) this.metrics.round(transport, outcome);
      if (outcome === 'missed' && waiting.size > 0) missed.push({ partition, transports: [...waiting] });
    }
    this.#open.clear();
    return missed;
  }
}

const keyOf = (round: string, partition: number): string => `${partition} ${round}`;
const partitionOf = (key: string): number => Number(key.slice(0, key.indexOf(' ')));
