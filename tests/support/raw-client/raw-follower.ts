import type { Rows } from '../../../proto/entry/rows.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import type { From, ServerFrame } from '../../../proto/frames/frames.js';
import { Condition } from '../condition.js';
import { RawRefusal, SessionLostError } from './raw-client.js';
import type { RawLink } from './raw-link.js';
import type { RawSubscription } from './raw-subscription.js';

/** Acknowledges every `every`-th event (at most the credit), `delayMs` after its arrival. */
export interface AckPolicy {
  credit: number;
  every: number;
  /** Undefined acknowledges in the same turn of the event loop. */
  delayMs: number | undefined;
}

export interface FollowerOptions {
  link: RawLink;
  grant: string;
  cursor: string;
  from: From;
  narrow?: Rows | undefined;
  ackPolicy: AckPolicy;
  /** Resume from the cursor of the broker, or from the last position that this client processed. */
  resume: 'cursor' | 'position';
  /** Numbers of events of one run after which the link is cut, each once. */
  cutAfter: readonly number[];
}

/** One subscription of a follower, with the acknowledgements before it. */
export interface Run {
  from: From;
  /** Greatest position of any ack sent before; undefined when none was. */
  ackSentBefore: number | undefined;
  /** Greatest position of any `acked` received before. */
  ackedBefore: number | undefined;
  subscription: RawSubscription;
  /** Last position published before the grant was suspended; nothing above it may be delivered. */
  ceiling: number | undefined;
}

/** Longer than the longest soak run lasts. */
const RUN_MS_MAX = 60 * 60 * 1000;
const RETRY_MS = 25;
/** Codes after which a retry can succeed. */
const RETRYABLE = new Set<ErrorCode>(['STORE_UNAVAILABLE', 'SHUTTING_DOWN', 'LEDGER_OUT_OF_SIGHT']);

/** Refusals of an opening that a change of the entry or of the grant overtook: the same request is answered anew. */
export const OVERTAKEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ENTRY_CHANGED', 'GRANT_CHANGED']);

/** Close codes after which a retry cannot succeed: bad frame, not authenticated, not allowed. */
const FATAL_CLOSE_CODES = new Set([4400, 4401, 4403]);

/** Follows one grant, reconnects after each loss of its session, and keeps everything received, run by run. */
export class RawFollower {
  readonly runs: Run[] = [];
  readonly refusals: ErrorCode[] = [];
  /** Reasons of failed subscription attempts: refusals and lost sessions. */
  readonly losses: string[] = [];
  readonly #condition = new Condition();
  readonly #cuts: number[];
  #state: 'idle' | 'following' | 'stopped' = 'idle';
  #loop: Promise<void> = Promise.resolve();
  #failure: unknown;
  #sinceAck = 0;

  constructor(readonly options: FollowerOptions) {
    this.#cuts = [...options.cutAfter];
  }

  get isFollowing(): boolean {
    return this.#state === 'following';
  }

  /** The latest run, also when it has ended. */
  get current(): Run | undefined {
    return this.runs.at(-1);
  }

  /** True when any run received such an event. */
  saw(isIt: (event: DeliveredEvent) => boolean): boolean {
    return this.runs.some((run) => run.subscription.events.some(isIt));
  }

  get eventsSeen(): number {
    return this.runs.reduce((sum, run) => sum + run.subscription.events.length, 0);
  }

  /** Subscribes, and again after each loss, until the subscription is ended or refused, or `stop`. */
  start(): void {
    if (this.#state === 'following') return;
    this.#state = 'following';
    this.#loop = this.#follow().catch((error) => {
      this.#failure = error;
      this.#state = 'stopped';
      this.#condition.changed();
    });
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#condition.changed();
    await this.#loop;
  }

  until(holds: () => boolean, what: () => string, timeoutMs: number): Promise<void> {
    return this.#condition.until(
      () => {
        if (this.#failure !== undefined) throw this.#failure;
        return holds();
      },
      what,
      timeoutMs,
    );
  }

  async #follow(): Promise<void> {
    while (this.#state === 'following') {
      try {
        const endedBy = await this.#followOnce();
        if (endedBy !== undefined) await this.#retryOrIdle(endedBy);
      } catch (error) {
        if (error instanceof RawRefusal) {
          this.refusals.push(error.code);
          this.losses.push(error.message);
          if (!OVERTAKEN.has(error.code)) await this.#retryOrIdle(error.code);
        } else if (error instanceof SessionLostError && !FATAL_CLOSE_CODES.has(error.code ?? 0))
          this.losses.push(error.message);
        else throw error;
      }
      this.#condition.changed();
    }
  }

  /** Retries after a retryable code; after any other waits for the next `start`. */
  async #retryOrIdle(code: ErrorCode): Promise<void> {
    if (RETRYABLE.has(code)) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    else if (this.#state === 'following') this.#state = 'idle';
  }

  /** Resolves with the code when the broker ended the subscription, with undefined when it was lost or stopped. */
  async #followOnce(): Promise<ErrorCode | undefined> {
    const { link, grant, cursor, narrow, ackPolicy } = this.options;
    const from = this.#from();
    const session = await link.session();
    const before = { ackSentBefore: this.#greatest('sentAcks'), ackedBefore: this.#greatest('acked') };
    const subscription = await session.subscribe({ grant, cursor, from, narrow, credit: ackPolicy.credit });
    this.runs.push({ from, ...before, subscription, ceiling: undefined });
    subscription.onFrame = (frame) => this.#received(subscription, frame);
    subscription.onLost = () => this.#condition.changed();
    this.#acknowledgeByPolicy(subscription, subscription.events);
    this.#condition.changed();
    const isOver = () => subscription.ended !== undefined || subscription.isLost || this.#state !== 'following';
    await this.until(isOver, () => `the end of a run on ${grant}`, RUN_MS_MAX);
    return subscription.ended?.code;
  }

  #from(): From {
    const last = this.runs.at(-1)?.subscription;
    if (!last) return this.options.from;
    if (this.options.resume === 'cursor') return 'cursor';
    const { log, position } = last.subscribed;
    return { after: last.events.at(-1)?.position ?? position, log };
  }

  #greatest(positions: 'sentAcks' | 'acked'): number | undefined {
    const all = this.runs.flatMap((run) => run.subscription[positions]);
    return all.length === 0 ? undefined : all.reduce((a, b) => Math.max(a, b));
  }

  #received(subscription: RawSubscription, frame: ServerFrame): void {
    if (frame.kind === 'events' && frame.events.length > 0) {
      this.#acknowledgeByPolicy(subscription, subscription.events.slice(-frame.events.length));
    }
    this.#condition.changed();
  }

  #acknowledgeByPolicy(subscription: RawSubscription, events: readonly DeliveredEvent[]): void {
    const { every, credit, delayMs } = this.options.ackPolicy;
    for (const event of events) {
      if (++this.#sinceAck < Math.min(every, credit)) continue;
      this.#sinceAck = 0;
      if (delayMs === undefined) subscription.ack(event.position);
      else setTimeout(() => subscription.isLost || subscription.ack(event.position), delayMs);
    }
    const dueCut = this.#cuts[0];
    if (dueCut === undefined || subscription.events.length < dueCut) return;
    this.#cuts.shift();
    this.options.link.cut();
  }
}
