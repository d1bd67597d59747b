import { Backoff } from './backoff.js';
import type { ConnectorContext } from './connector-context.js';
import { type EncodedBatch, encodeBatch } from './encoded-batch.js';
import { publishGroup } from './publish-group.js';
import { type EntryGroup, Round } from './round.js';
import type { ChangeBatch } from './source.js';

/** Read and not confirmed: several rounds of the bus's group commit, and little memory at the default event size. */
const PENDING_EVENTS_MAX = 10_000;
/** A source that has nothing of its own to say hands over empty batches, to move its confirmation on. */
const PENDING_BATCHES_MAX = 20_000;

/**
 * Takes batches in order and confirms them in order. While one round is on its way to the bus the next collects here: one
 * request per entry is under way at a time, so order needs no further care, and a busy source makes large requests.
 */
export class Outbox {
  /** The first is on its way, the last takes what comes. */
  readonly #rounds: Round[] = [];
  #pendingEvents = 0;
  #pendingBatches = 0;
  #running: Promise<void> | undefined;
  #failure: unknown;
  readonly #wake = new Set<() => void>();
  readonly #backoff: Backoff;

  constructor(
    private readonly context: Pick<ConnectorContext, 'bus' | 'metrics' | 'log' | 'reconnect'>,
    private readonly signal: AbortSignal,
    /** Nothing more will be published; the source may be waiting for what will never come. */
    private readonly onFailure: () => void,
  ) {
    this.#backoff = new Backoff(context.reconnect);
    signal.addEventListener('abort', () => this.#wakeAll(), { once: true });
  }

  /** Resolves when the batch is taken. Throws what ended the publishing. */
  async add(batch: ChangeBatch): Promise<void> {
    while (this.#isFull() && !this.signal.aborted) await this.#change();
    this.#throwFailure();
    this.#collect(encodeBatch(batch));
    this.#count(batch.events.length, 1);
    this.#running ??= this.#run();
  }

  /** Resolves when everything is confirmed, or the signal has come. Throws what ended the publishing. */
  async idle(): Promise<void> {
    while (this.#pendingBatches > 0 && !this.signal.aborted && this.#failure === undefined) await this.#change();
    this.#throwFailure();
  }

  /** Resolves when nothing is under way any more; after the signal. Throws what ended the publishing. */
  async ended(): Promise<void> {
    await this.#running;
    this.#throwFailure();
  }

  #isFull(): boolean {
    if (this.#failure !== undefined) return false;
    return this.#pendingEvents >= PENDING_EVENTS_MAX || this.#pendingBatches >= PENDING_BATCHES_MAX;
  }

  async #run(): Promise<void> {
    try {
      while (this.#rounds.length > 0 && !this.signal.aborted) await this.#round(this.#rounds[0]!);
    } catch (error) {
      if (this.signal.aborted) return;
      this.#failure = error;
      this.onFailure();
    } finally {
      this.#running = undefined;
      this.#wakeAll();
    }
  }

  #collect(batch: EncodedBatch): void {
    // To one that is on its way nothing can be added.
    const last = this.#rounds.length > 1 || !this.#running ? this.#rounds.at(-1) : undefined;
    if (last?.add(batch)) return;
    const round = new Round();
    round.add(batch);
    this.#rounds.push(round);
  }

  async #round(round: Round): Promise<void> {
    await Promise.all(round.groups.map((group) => this.#publish(group)));
    if (this.signal.aborted) return;
    this.#rounds.shift();
    for (const batch of round.batches) {
      const confirmed = batch.confirm();
      if (confirmed) await confirmed;
      this.#count(-batch.events, -1);
    }
    this.context.metrics.confirmed();
    this.#wakeAll();
  }

  async #publish(group: EntryGroup): Promise<void> {
    const { bus, metrics, log } = this.context;
    await publishGroup(group.parts, {
      ...bus,
      signal: this.signal,
      waitOut: async (error) => {
        metrics.waits('bus');
        log.warn({ code: error.code }, `waiting for the bus: ${error.message}`);
        await this.#backoff.wait(this.signal);
      },
      answered: (counts) => {
        this.#backoff.succeeded();
        metrics.reached('bus');
        metrics.events('stored', counts.stored);
        metrics.events('duplicate', counts.duplicates);
      },
      refused: (event, problem) => {
        metrics.events('quarantined', 1);
        log.warn({ event, entry: group.entry, code: problem.code }, `quarantined: ${problem.detail}`);
      },
    });
  }

  #count(events: number, batches: number): void {
    this.#pendingEvents += events;
    this.#pendingBatches += batches;
    this.context.metrics.pending(this.#pendingEvents);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.add(resolve));
  }

  #wakeAll(): void {
    const waiting = [...this.#wake];
    this.#wake.clear();
    for (const wake of waiting) wake();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
