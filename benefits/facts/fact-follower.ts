import { setImmediate } from 'node:timers/promises';
import { GapError, RevokedError } from '../../client/errors.js';
import { pause } from '../../client/pause.js';
import { Subscriber } from '../../client/subscribe/subscriber.js';
import type { SubscriberState } from '../../client/subscribe/subscriber-options.js';
import { Backoff } from '../../connectors/runtime/backoff.js';
import type { ConnectorContext } from '../../connectors/runtime/connector-context.js';
import { PeerGoneError, SinkUnfitError } from '../../connectors/runtime/connector-errors.js';
import type { SubscribedFrame } from '../../proto/frames/frames.js';
import type { CaseStore } from '../cases/case-store.js';

export interface FollowedGrant {
  grant: string;
  cursor: string;
}

/** One transaction; the credit lets the next batch arrive meanwhile. */
const BATCH_EVENTS_MAX = 1_000;
const CREDIT = 2 * BATCH_EVENTS_MAX;
/** A grant that was suspended comes back when somebody decides so: within a minute is soon enough, and costs the bus nothing. */
const RESTORED_LOOK_MS = 30_000;

/** Follows one grant from where the store stands until the signal comes, through suspensions and lost logs. */
export class FactFollower {
  readonly #backoff: Backoff;

  constructor(
    private readonly followed: FollowedGrant,
    private readonly store: CaseStore,
    private readonly context: ConnectorContext,
    private readonly restoredLookMs = RESTORED_LOOK_MS,
  ) {
    this.#backoff = new Backoff(context.reconnect);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await new GrantReading(this.followed, this.store, this.context, () => this.#backoff.succeeded()).run(signal);
      } catch (error) {
        if (!signal.aborted) await this.#waitOut(error, signal);
      }
    }
  }

  async #waitOut(error: unknown, signal: AbortSignal): Promise<void> {
    const { grant } = this.followed;
    const { metrics, log } = this.context;
    if (error instanceof RevokedError) {
      log.warn({ grant, code: error.code }, `grant ${grant} is not in force: what stood on it is open`);
      await this.store.notInForce(grant, error.code);
      await pause(this.restoredLookMs, signal);
    } else if (error instanceof GapError) {
      log.warn({ grant, code: error.code }, `the log of grant ${grant} is another one: reading it anew`);
      await this.store.lostLog(grant);
      await this.#backoff.wait(signal);
    } else if (error instanceof PeerGoneError) {
      metrics.waits('peer');
      log.warn({ grant }, `waiting for the database: ${error.message}`);
      await this.#backoff.wait(signal);
    } else {
      throw error;
    }
  }
}

/** One subscription from its start to its first failure. */
class GrantReading {
  #subscriber: Subscriber | undefined;
  /** The bus has said that everything in the log has come. */
  #isCaughtUp = false;
  #isBusy = false;
  #failure: unknown;
  #pending: Promise<void> = Promise.resolve();

  constructor(
    private readonly followed: FollowedGrant,
    private readonly store: CaseStore,
    private readonly context: ConnectorContext,
    private readonly onSuccess: () => void,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const { grant, cursor } = this.followed;
    const place = this.store.place(grant);
    const subscriber = new Subscriber({
      ...this.context.bus,
      grant,
      cursor,
      credit: CREDIT,
      from: place.log === '' ? 'earliest' : { after: place.position, log: place.log },
      acknowledge: 'explicit',
      signal,
      reconnect: this.context.reconnect,
      onState: (state) => this.#observe(state),
    });
    this.#subscriber = subscriber;
    try {
      for await (const { events, log, position, ack } of subscriber.batches(BATCH_EVENTS_MAX)) {
        this.#isBusy = true;
        await this.store.take({ grant, log, events });
        this.#noteProgress(events.length, position);
        ack();
        this.#isBusy = false;
        if (this.#isCaughtUp) this.#lookForEnd();
      }
    } finally {
      await this.#pending;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #noteProgress(events: number, position: number): void {
    const { metrics } = this.context;
    this.onSuccess();
    metrics.reached('peer');
    metrics.events('written', events);
    metrics.confirmed(position);
  }

  /** The states come between two events, when nobody waits for what they cause. */
  #observe(state: SubscriberState): void {
    const { metrics, log } = this.context;
    if (state.kind === 'subscribed') {
      metrics.reached('bus');
      this.#later(async () => this.#check(state.frame));
    } else if (state.kind === 'caught_up') {
      this.#isCaughtUp = true;
      this.#lookForEnd();
    } else if (state.kind === 'disconnected') {
      this.#isCaughtUp = false;
      metrics.waits('bus');
      log.warn({ code: state.error.code }, `waiting for the bus: ${state.error.message}`);
    }
  }

  /** What has arrived is handed over without a pause: who is idle a turn later has stored all of it. */
  #lookForEnd(): void {
    this.#later(async () => {
      await setImmediate();
      if (this.#isCaughtUp && !this.#isBusy) await this.store.reachedEnd(this.followed.grant);
    });
  }

  #check({ entry, items }: SubscribedFrame): void {
    const delivered = new Map(items.map((item) => [item.name, item]));
    for (const { rule, source } of this.store.rules.fedBy(this.followed.grant)) {
      for (const [name, { type, list }] of source.items) {
        const item = delivered.get(name);
        if (item && item.type === type && (item.list ?? false) === list) continue;
        const found = item ? `${item.list ? 'a list of ' : ''}${item.type}` : 'not granted';
        throw new SinkUnfitError(
          `rule ${rule.id} needs item ${name} of ${entry} as ${type}; in ${this.followed.grant} it is ${found}`,
        );
      }
    }
  }

  #later(work: () => Promise<void>): void {
    this.#pending = this.#pending.then(work).catch((error: unknown) => {
      this.#failure ??= error;
      // Not awaited: closing waits for the iteration, which waits for this.
      void this.#subscriber?.close();
    });
  }
}
