import { setImmediate } from 'node:timers/promises';
import { GapError, RevokedError } from '../../client/errors.js';
import { pause } from '../../client/pause.js';
import { Subscriber } from '../../client/subscribe/subscriber.js';
import type { SubscriberState } from '../../client/subscribe/subscriber-options.js';
import { Backoff } from '../../connectors/runtime/backoff.js';
import { publishedEntry } from '../../connectors/runtime/catalog-entry.js';
import type { ConnectorContext } from '../../connectors/runtime/connector-context.js';
import { PeerGoneError, SinkUnfitError } from '../../connectors/runtime/connector-errors.js';
import { readGrantedForm } from '../../connectors/runtime/sink/granted-form.js';
import { identifierOf } from '../../proto/entry/entry.js';
import type { SubscribedFrame } from '../../proto/frames/frames.js';
import type { CaseStore } from '../cases/case-store.js';
import { JOINED } from '../store/grant-states.js';

export interface FollowedGrant {
  grant: string;
  cursor: string;
}

/** Events per transaction; the credit lets the next batch arrive while one is stored. */
const BATCH_EVENTS_MAX = 1_000;
const CREDIT = 2 * BATCH_EVENTS_MAX;
/** A suspended grant is restored by a person, so half a minute is soon enough and costs the bus next to nothing. */
const RESTORED_POLL_MS = 30_000;

/** Stands beside the items; no item has a space in its name. With a wider filter records are lacking. */
const ROW_FILTER = 'row filter';

/** Stored records lack items that the grant delivers now. */
class LackingItemsError extends Error {
  override readonly name = 'LackingItemsError';
  constructor(
    readonly lacking: readonly string[],
    readonly delivered: Readonly<Record<string, string>>,
  ) {
    super(`stored records lack ${lacking.join(', ')}`);
  }
}

/** Follows one grant from the stored position until the signal is aborted, through suspensions and new epochs of the log. */
export class FactFollower {
  readonly #backoff: Backoff;

  constructor(
    private readonly followed: FollowedGrant,
    private readonly store: CaseStore,
    private readonly context: ConnectorContext,
    private readonly restoredPollMs = RESTORED_POLL_MS,
  ) {
    this.#backoff = new Backoff(context.reconnect);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await new GrantSubscription(this.followed, this.store, this.context, () => this.#backoff.succeeded()).run(
          signal,
        );
      } catch (error) {
        if (!signal.aborted) await this.#waitOut(error, signal);
      }
    }
  }

  async #waitOut(error: unknown, signal: AbortSignal): Promise<void> {
    const { grant } = this.followed;
    const { metrics, log } = this.context;
    if (error instanceof RevokedError) {
      log.warn(
        { grant, code: error.code },
        `grant ${grant} is not in force: decisions that need it are open until it is restored`,
      );
      await this.store.suspend(grant, error.code);
      await pause(this.restoredPollMs, signal);
    } else if (error instanceof GapError) {
      log.warn({ grant, code: error.code }, `the log of grant ${grant} has another epoch: reading it from its start`);
      await this.store.startAgain(grant);
      await this.#backoff.wait(signal);
    } else if (error instanceof LackingItemsError) {
      const lacking = error.lacking.join(', ');
      log.warn(
        { grant },
        `reading grant ${grant} again from its start, since the records stored so far lack ${lacking}`,
      );
      await this.store.startAgain(grant, error.delivered);
    } else if (error instanceof PeerGoneError) {
      metrics.waits(error.side);
      log.warn({ grant }, `waiting for the ${error.side === 'bus' ? 'bus' : 'database'}: ${error.message}`);
      await this.#backoff.wait(signal);
    } else {
      throw error;
    }
  }
}

/** One subscription, from its start to its first failure. */
class GrantSubscription {
  #subscriber: Subscriber | undefined;
  /** The catalog entry of the grant, from the bus. */
  #entry = '';
  /** The bus has reported that everything in the log was delivered. */
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
    const state = this.store.progressOf(grant);
    const subscriber = new Subscriber({
      ...this.context.bus,
      grant,
      cursor,
      credit: CREDIT,
      from: state.log === '' ? 'earliest' : { after: state.position, log: state.log },
      acknowledge: 'explicit',
      signal,
      reconnect: this.context.reconnect,
      onState: (change) => this.#observe(change),
      onReceived: (seconds) => this.context.metrics.received(seconds),
    });
    this.#subscriber = subscriber;
    try {
      for await (const { events, log, ack } of subscriber.batches(BATCH_EVENTS_MAX)) {
        this.#isBusy = true;
        await this.store.store({ grant, log, events });
        this.#recordProgress(events.length);
        ack();
        this.#isBusy = false;
        if (this.#isCaughtUp) this.#checkCaughtUp();
      }
    } finally {
      await this.#pending;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Without a position: each grant has its own, and the metric is of a sink with one. */
  #recordProgress(events: number): void {
    const { metrics } = this.context;
    this.onSuccess();
    metrics.reached('peer');
    metrics.events('written', events);
    metrics.confirmed();
  }

  /** Called between two events; the work that a state causes is queued, because the subscriber does not wait for it. */
  #observe(change: SubscriberState): void {
    const { metrics, log } = this.context;
    if (change.kind === 'subscribed') {
      metrics.reached('bus');
      this.#entry = change.frame.entry;
      this.#enqueue(async () => this.#check(change.frame));
    } else if (change.kind === 'caught_up') {
      this.#isCaughtUp = true;
      this.#checkCaughtUp();
    } else if (change.kind === 'disconnected') {
      this.#isCaughtUp = false;
      metrics.waits('bus');
      log.warn({ code: change.error.code }, `waiting for the bus: ${change.error.message}`);
    }
  }

  /** Delivered batches are handed over without a pause, so when none is in progress one turn of the event loop later, all are stored. */
  #checkCaughtUp(): void {
    this.#enqueue(async () => {
      await setImmediate();
      if (this.#isCaughtUp && !this.#isBusy) await this.store.caughtUp(this.followed.grant, this.#entry);
    });
  }

  async #check(frame: SubscribedFrame): Promise<void> {
    this.#checkRules(frame);
    const { grant } = this.followed;
    const { transforms, rows } = await readGrantedForm(this.context.bus, grant);
    const joins = this.store.rules.joinItems.get(grant);
    const contents = frame.items.map(({ name, type, list }): [string, string] => {
      const content = `${list ? 'list of ' : ''}${type} ${transforms.get(name) ?? 'plain'}`;
      return [name, joins?.has(name) ? content + JOINED : content];
    });
    const delivered = Object.fromEntries([...contents, [ROW_FILTER, rows]]);
    const lacking = await this.store.lackingItems(grant, delivered);
    if (lacking.length === 0) return;
    const identifier = identifierOf(await publishedEntry(this.context.bus, frame.entry)).name;
    if (!lacking.includes(identifier)) throw new LackingItemsError(lacking, delivered);
    throw new SinkUnfitError(
      `grant ${grant} delivers the identifier ${identifier} in another form, so its records have other keys than those stored so far: ` +
        'use another schema for the check',
    );
  }

  #checkRules({ entry, items }: SubscribedFrame): void {
    const delivered = new Map(items.map((item) => [item.name, item]));
    for (const { rule, source } of this.store.rules.feedsOf(this.followed.grant)) {
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

  /** After a failure nothing more is done: a grant whose records lack an item has not caught up, whatever the bus reports. */
  #enqueue(work: () => Promise<void>): void {
    const next = async (): Promise<void> => (this.#failure === undefined ? work() : undefined);
    this.#pending = this.#pending.then(next).catch((error: unknown) => {
      this.#failure ??= error;
      // Not awaited: close waits for the iteration, and the iteration waits for this work.
      void this.#subscriber?.close();
    });
  }
}
