import type { Rows } from '../../../proto/entry/rows.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import type { From, ServerFrame } from '../../../proto/frames/frames.js';
import { Condition } from '../condition.js';
import { RawRefusal, SessionLostError } from './raw-client.js';
import type { RawLink } from './raw-link.js';
import type { RawSubscription } from './raw-subscription.js';

/** When a follower acknowledges: each `every`-th event (at most the credit), `delayMs` after it came. */
export interface AckPolicy {
  credit: number;
  every: number;
  /** Undefined: at once, in the same turn. */
  delayMs: number | undefined;
}

export interface FollowerOptions {
  link: RawLink;
  grant: string;
  cursor: string;
  from: From;
  narrow?: Rows | undefined;
  ackPolicy: AckPolicy;
  /** After a loss: from the cursor that the broker keeps, or from the last position that this client has dealt with. */
  resume: 'cursor' | 'position';
  /** The link is cut after so many events of one run, once for each number. */
  cutAfter: readonly number[];
}

/** One subscription of a follower's life, with what was acknowledged before it began. */
export interface Run {
  from: From;
  /** Greatest position of any ack sent before; undefined when none was. */
  ackSentBefore: number | undefined;
  /** Greatest position of any `acked` received before. */
  ackedBefore: number | undefined;
  subscription: RawSubscription;
  /** Nothing above this may be delivered: the grant was suspended before it was published. */
  ceiling: number | undefined;
}

/** Longer than the longest soak run lasts. */
const RUN_MS_MAX = 60 * 60 * 1000;
const RETRY_MS = 25;
/** Codes after which the same subscription can succeed without anybody doing anything. */
const PASSING = new Set<ErrorCode>(['STORE_UNAVAILABLE', 'SHUTTING_DOWN', 'LEDGER_OUT_OF_SIGHT']);

/** Close codes that a repetition can't cure: bad frame, not authenticated, not allowed. */
const OUR_FAULT = new Set([4400, 4401, 4403]);

/** Follows one grant over losses of its session and keeps everything that it saw, run by run. */
export class RawFollower {
  readonly runs: Run[] = [];
  readonly refusals: ErrorCode[] = [];
  /** Why a subscription did not come about, each time: refused, or the session ended before. */
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

  /** The latest subscription, also one that is over. */
  get current(): Run | undefined {
    return this.runs.at(-1);
  }

  /** Whether such an event came in any run. */
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
        if (endedBy !== undefined) await this.#pauseOrWait(endedBy);
      } catch (error) {
        if (error instanceof RawRefusal) {
          this.refusals.push(error.code);
          this.losses.push(error.message);
          await this.#pauseOrWait(error.code);
        } else if (error instanceof SessionLostError && !OUR_FAULT.has(error.code ?? 0))
          this.losses.push(error.message);
        else throw error;
      }
      this.#condition.changed();
    }
  }

  /** What can pass by itself is tried again; anything else waits for a new `start`. */
  async #pauseOrWait(code: ErrorCode): Promise<void> {
    if (PASSING.has(code)) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
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
