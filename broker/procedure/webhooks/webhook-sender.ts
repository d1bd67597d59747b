import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerRecord } from '../../ledger/record.js';
import type { WebhookMetrics } from '../../metrics/webhook-metrics.js';
import type { Bus } from '../../nats/bus.js';
import { WrongExpectedSequenceError } from '../../nats/store-errors.js';
import type { RecordedStep } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';
import type { NoticeQueue } from './notice-queue.js';
import { type PostOutcome, postOutside } from './post-outside.js';
import { QueueStore } from './queue-store.js';
import { LEASE_STEP_MS, SenderLease } from './sender-lease.js';
import { signedNotice } from './signed-notice.js';
import type { Webhook, Webhooks } from './webhooks.js';

export interface WebhookSenderDeps {
  bus: Bus;
  webhooks: Webhooks;
  files: Pick<FileReader, 'list' | 'notices' | 'notice'>;
  metrics: WebhookMetrics;
  warn(message: string, error?: unknown): void;
}

/** Looks so often at what is due; a new notice is looked at at once. */
const LOOK_MS = 1_000;
/** Parties that are called for at a time. */
const SENDING_MAX = 32;
/** From the first byte to the head of the answer, redirects included. */
const ANSWER_MS_MAX = 15_000;
const RETRY_AFTER_MS_MAX = 3_600_000;
/** Notices that are read for a queue at a time. */
const PAGE = 100;

/**
 * Sends the notices of parties to their webhooks until each is taken, for 24 hours. One broker of several holds a lease
 * and sends; where each queue is stands in the store, so that another broker, or the next start, goes on there. After a
 * crash between a delivery and that write the notice comes again, with the same id.
 * docs/decisions/0189
 */
export class WebhookSender {
  readonly #lease: SenderLease;
  #store: QueueStore;
  readonly #queues = new Map<string, NoticeQueue>();
  /** Parties that may have notices that are in no queue yet. */
  readonly #behind = new Set<string>();
  readonly #ending = new AbortController();
  #sending = 0;
  #keptAtMs = Number.NEGATIVE_INFINITY;
  #isLoaded = false;
  #hasFailed = false;
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(private readonly deps: WebhookSenderDeps) {
    this.#lease = new SenderLease(deps.bus, () => performance.now());
    this.#store = new QueueStore(deps.bus);
  }

  /** To be called with each record. */
  readonly onRecord = (record: LedgerRecord): void => {
    const { webhooks } = this.deps;
    webhooks.fold(record);
    for (const { to } of (record.step as RecordedStep | undefined)?.notices ?? []) {
      for (const party of to === 'all' ? webhooks.parties : to) if (webhooks.of(party)) this.#behind.add(party);
    }
    if (this.#behind.size > 0) this.#wake();
  };

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends what is being sent, stores where the queues are, and lets another broker go on. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#try(() => this.#step());
      if (!signal.aborted) await this.#untilWoken();
    }
    while (this.#sending > 0) await this.#untilWoken();
    await this.#try(async () => {
      if (this.#lease.isHeld) await this.#save();
      await this.#lease.release();
    });
  }

  async #step(): Promise<void> {
    const { webhooks, files } = this.deps;
    if (!this.#isLoaded) await webhooks.load(files);
    this.#isLoaded = true;
    if (webhooks.size === 0 || !(await this.#maySend())) return;
    for (const party of [...this.#behind]) await this.#fill(party, webhooks.of(party) as Webhook);
    for (const [party, queue] of this.#queues) this.#sendNext(party, queue);
    await this.#save();
    this.deps.metrics.waiting(new Map(Array.from(this.#queues, ([party, { size }]) => [party, size])));
  }

  async #maySend(): Promise<boolean> {
    const wasHeld = this.#lease.isHeld;
    if (performance.now() - this.#keptAtMs < LEASE_STEP_MS && wasHeld) return true;
    if (performance.now() - this.#keptAtMs < LEASE_STEP_MS) return false;
    const isHeld = await this.#lease.keep();
    this.#keptAtMs = performance.now();
    if (!isHeld) this.#forget();
    if (isHeld && !wasHeld) {
      this.#forget();
      for (const party of this.deps.webhooks.parties) this.#behind.add(party);
    }
    return isHeld;
  }

  /** Another broker may have changed the queues since. */
  #forget(): void {
    this.#queues.clear();
    this.#store = new QueueStore(this.deps.bus);
    this.deps.metrics.waiting(new Map());
  }

  async #fill(party: string, { after }: Webhook): Promise<void> {
    const queue = this.#queues.get(party) ?? (await this.#store.load(party, after));
    this.#queues.set(party, queue);
    while (queue.capacity > 0) {
      // A notice that comes during the read marks the party again.
      this.#behind.delete(party);
      const page = await this.deps.files.notices({ party, after: queue.after, limit: Math.min(queue.capacity, PAGE) });
      const ids = page.notices.map(({ id }) => id);
      queue.take(ids, Date.now());
      if (page.next === undefined) return;
      this.#behind.add(party);
    }
  }

  #sendNext(party: string, queue: NoticeQueue): void {
    for (const id of queue.giveUp(Date.now())) {
      this.deps.metrics.gaveUp(party);
      this.deps.warn(`notice ${id} was not taken by the webhook of ${party} for 24 hours and is given up`);
    }
    const id = queue.next(performance.now());
    const webhook = this.deps.webhooks.of(party);
    if (id === undefined || !webhook || queue.isSending || this.#sending >= SENDING_MAX) return;
    queue.isSending = true;
    this.#sending++;
    void this.#try(() => this.#send(party, queue, id, webhook)).finally(() => {
      queue.isSending = false;
      this.#sending--;
      this.#wake();
    });
  }

  async #send(party: string, queue: NoticeQueue, id: string, { url, secret }: Webhook): Promise<void> {
    const { files, metrics, webhooks, warn } = this.deps;
    const notice = await files.notice(id, party);
    if (!notice) return queue.drop(id);
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
    const outcome = await postOutside({
      url,
      signal,
      mayReach: webhooks.mayReach,
      ...signedNotice(notice, secret),
    });
    if (isTaken(outcome)) {
      metrics.delivered();
      return queue.done(id);
    }
    if (this.#ending.signal.aborted) return;
    metrics.failed();
    const failures = queue.failed(id, performance.now(), retryAfterMs(outcome));
    if (failures === 1) warn(`the webhook of ${party} did not take notice ${id}: ${outcome.text}; it is sent again`);
  }

  async #save(): Promise<void> {
    for (const [party, queue] of this.#queues) await this.#store.save(party, queue);
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#hasFailed = false;
    } catch (error) {
      if (error instanceof WrongExpectedSequenceError) {
        this.#lease.lose();
        return this.#forget();
      }
      if (!this.#hasFailed) this.deps.warn('notices cannot be sent to webhooks now, it is tried again', error);
      this.#hasFailed = true;
    }
  }

  async #untilWoken(): Promise<void> {
    const waiting = new AbortController();
    this.#wake = () => waiting.abort();
    await delay(LOOK_MS, undefined, { signal: waiting.signal }).catch(() => {});
  }
}

const isTaken = ({ status = 0 }: PostOutcome): boolean => status >= 200 && status < 300;

const retryAfterMs = ({ retryAfter }: PostOutcome): number =>
  retryAfter !== undefined && /^\d{1,9}$/.test(retryAfter)
    ? Math.min(Number(retryAfter) * 1_000, RETRY_AFTER_MS_MAX)
    : 0;
