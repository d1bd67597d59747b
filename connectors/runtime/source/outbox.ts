import { Backoff } from '../backoff.js';
import type { ConnectorContext } from '../connector-context.js';
import { AcceptedValuesByEntry, type AcceptedValuesContext } from './accepted-values-by-entry.js';
import { encodeBatch } from './encoded-batch.js';
import { PipelinedPublisher } from './pipelined-publisher.js';
import type { EntryGroup, PublishBatch } from './publish-batch.js';
import { PublishBatchQueue } from './publish-batch-queue.js';
import { publishGroup } from './publish-group.js';
import type { ChangeBatch } from './source.js';

/** Read and not confirmed: several group commits of the bus, at some 10 MB of memory. */
const PENDING_EVENTS_MAX = 10_000;
/** Empty batches count as well: a source adds them to move its confirmation forward. */
const PENDING_BATCHES_MAX = 20_000;

/** One being stored, one queued at the bus, one on the network. */
const BATCHES_IN_FLIGHT_MAX = 3;

export type OutboxContext = AcceptedValuesContext & Pick<ConnectorContext, 'reconnect' | 'pendingEventsMax'>;

/**
 * Publishes the batches of a source in order and confirms them in order. One request at a time spends a round trip on each and
 * limits a busy source; several HTTP requests at a time could be stored in another order. So there are two modes. Pipelined,
 * over a session in which the bus keeps the order: several publish batches in flight. Sequential, by HTTP: one request per entry
 * at a time, which retries and quarantines; for whatever fails in the pipeline or concerns a record whose last change was
 * refused, and while there is no session. A single change takes the pipeline too: it arrives sooner than a request.
 *
 * Invariants: nothing is sent behind an unconfirmed sequential batch; batches are confirmed in the order they were added; at
 * most `pendingEventsMax` events, and one batch, are read and not confirmed. See docs/decisions/0021.
 */
export class Outbox {
  readonly #waiting = new PublishBatchQueue();
  /** Sent in the pipeline and not confirmed, in order. */
  readonly #inFlight: { publishBatch: PublishBatch; unstored: Promise<EntryGroup[]> }[] = [];
  readonly #pipeline: PipelinedPublisher;
  /** A batch is being published sequentially, and nothing may overtake it. */
  #isSequential = false;
  #pendingEvents = 0;
  #pendingBatches = 0;
  #running: Promise<void> | undefined;
  #failure: unknown;
  readonly #wake = new Set<() => void>();
  readonly #backoff: Backoff;
  readonly #acceptedValues: AcceptedValuesByEntry;

  constructor(
    private readonly context: OutboxContext,
    private readonly signal: AbortSignal,
    /** Publishing has ended with an error, so no confirmation that the source waits for will come. */
    private readonly onFailure: () => void,
  ) {
    this.#backoff = new Backoff(context.reconnect);
    this.#pipeline = new PipelinedPublisher(context, signal);
    this.#acceptedValues = new AcceptedValuesByEntry(context, signal, (error) => this.#waitOut(error));
    signal.addEventListener('abort', () => this.#wakeAll(), { once: true });
  }

  /** Backpressure: resolves when the batch is queued. Throws the error that ended publishing. */
  async add(batch: ChangeBatch): Promise<void> {
    while (this.#isFull() && !this.signal.aborted) await this.#change();
    this.#throwFailure();
    this.#waiting.add(encodeBatch(batch));
    this.#count(batch.events.length, 1);
    if (this.#running) this.#sendPipelined();
    else this.#running = this.#run();
  }

  /** Resolves once everything is confirmed, or the signal is aborted. Throws the error that ended publishing. */
  async idle(): Promise<void> {
    while (this.#pendingBatches > 0 && !this.signal.aborted && this.#failure === undefined) await this.#change();
    this.#throwFailure();
  }

  /** Resolves once nothing is in flight after the signal was aborted. Throws the error that ended publishing. */
  async ended(): Promise<void> {
    await this.#running;
    this.#throwFailure();
  }

  #isFull(): boolean {
    if (this.#failure !== undefined) return false;
    const { pendingEventsMax = PENDING_EVENTS_MAX } = this.context;
    return this.#pendingEvents >= pendingEventsMax || this.#pendingBatches >= PENDING_BATCHES_MAX;
  }

  async #run(): Promise<void> {
    try {
      while (!this.signal.aborted && (this.#inFlight.length > 0 || !this.#waiting.isEmpty)) {
        this.#sendPipelined();
        if (this.#inFlight.length > 0) await this.#settlePipelined();
        else await this.#publishNextSequentially();
      }
    } catch (error) {
      if (this.signal.aborted) return;
      this.#failure = error;
      this.onFailure();
    } finally {
      this.#running = undefined;
      this.#wakeAll();
    }
  }

  /** A batch that is not full is sent only while nothing is in flight; otherwise it collects more events meanwhile. */
  #sendPipelined(): void {
    while (!this.#isSequential && this.#inFlight.length < BATCHES_IN_FLIGHT_MAX) {
      const publishBatch = this.#inFlight.length === 0 ? this.#waiting.first : this.#waiting.firstFull;
      // The previous image of such a change depends on the answers before it, so it is published sequentially.
      if (!publishBatch || !this.#pipeline.accepts(publishBatch) || this.#acceptedValues.concerns(publishBatch.groups))
        return;
      this.#waiting.takeFirst();
      const stored = ({ events }: EntryGroup, duplicates: number) =>
        this.#answered({ stored: events - duplicates, duplicates });
      this.#inFlight.push({ publishBatch, unstored: this.#pipeline.publish(publishBatch, stored) });
    }
  }

  /** Confirms the first batch in flight. If a part of it is not stored, publishes all in flight again sequentially, in order. */
  async #settlePipelined(): Promise<void> {
    const first = this.#inFlight[0]!;
    if ((await first.unstored).length === 0) {
      this.#inFlight.shift();
      await this.#confirm(first.publishBatch);
      return;
    }
    this.#isSequential = true;
    const sent = this.#inFlight.splice(0);
    const unstored = await Promise.all(sent.map((one) => one.unstored));
    this.#pipeline.close();
    for (const [index, { publishBatch }] of sent.entries())
      await this.#publishSequentially(publishBatch, unstored[index]!);
    this.#isSequential = false;
  }

  async #publishNextSequentially(): Promise<void> {
    this.#isSequential = true;
    const publishBatch = this.#waiting.takeFirst()!;
    this.#pipeline.startOpening();
    await this.#publishSequentially(publishBatch, publishBatch.groups);
    this.#isSequential = false;
  }

  async #publishSequentially(publishBatch: PublishBatch, groups: readonly EntryGroup[]): Promise<void> {
    await Promise.all(groups.map((group) => this.#publish(group)));
    if (!this.signal.aborted) await this.#confirm(publishBatch);
  }

  async #confirm({ sourceBatches }: PublishBatch): Promise<void> {
    await this.#acceptedValues.save();
    for (const batch of sourceBatches) {
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
      acceptedValues: this.#acceptedValues.of(group.entry),
      waitOut: (error) => this.#waitOut(error),
      answered: (counts) => this.#answered(counts),
      refused: (event, problem) => {
        metrics.events('quarantined', 1);
        log.warn({ event, entry: group.entry, code: problem.code }, `quarantined: ${problem.detail}`);
      },
    });
  }

  async #waitOut(error: Error & { code: string }): Promise<void> {
    const { metrics, log } = this.context;
    metrics.waits('bus');
    log.warn({ code: error.code }, `waiting for the bus: ${error.message}`);
    const { retryAfterMs } = error as { retryAfterMs?: number | undefined };
    await this.#backoff.wait(this.signal, retryAfterMs);
  }

  #answered({ stored, duplicates }: { stored: number; duplicates: number }): void {
    const { metrics } = this.context;
    this.#backoff.succeeded();
    metrics.reached('bus');
    metrics.events('stored', stored);
    metrics.events('duplicate', duplicates);
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
