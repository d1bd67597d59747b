import type { DeliveredEvent } from '../../../proto/event/event.js';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import type { CanaryTransport } from '../canary-metrics.js';
import { type FollowerContext, followForever } from './follower.js';
import { PageFollower } from './pages.js';
import { readBack } from './read-back.js';
import { followServerSentEvents } from './server-sent-events.js';
import { followWebSocket } from './web-socket.js';
import type { WebhookReceiver } from './webhook-receiver.js';

/** Settings of the webhook connector for one grant. */
export interface WebhookSettings {
  grant: string;
  cursor: string;
  /** Address that is called. */
  url: string;
  /** Key of the signatures. */
  secret: string;
}

/** Runs the webhook connector until the signal aborts; rejects when the bus refuses it. The canary imports no connector. */
export type RunWebhook = (
  settings: WebhookSettings,
  bus: { url: string; token: string },
  signal: AbortSignal,
) => Promise<void>;

export interface GrantFollowerOptions extends Omit<FollowerContext, 'transport' | 'cursor' | 'onEvent'> {
  /** Name of the canary. */
  canary: string;
  receiver: WebhookReceiver;
  runWebhook: RunWebhook;
  onEvent(transport: CanaryTransport, event: DeliveredEvent): void;
}

/** One grant followed over every transport. */
export class GrantFollowers {
  readonly #pages: PageFollower;
  /** Settled when the signal has aborted and every follower has ended. */
  readonly ended: Promise<unknown>;

  constructor(private readonly options: GrantFollowerOptions) {
    this.#pages = new PageFollower(this.#context('pull'));
    this.ended = Promise.allSettled([
      followWebSocket('sluice.v1.json', this.#context('ws_json')),
      followWebSocket('sluice.v1.msgpack', this.#context('ws_msgpack')),
      followWebSocket('sluice.v1.protobuf', this.#context('ws_protobuf')),
      followServerSentEvents(this.#context('sse')),
      this.#pages.run(),
      this.#followWebhook(this.#context('webhook')),
    ]);
  }

  /** To be called when an event of the grant is stored. */
  published(): void {
    this.#pages.wake();
  }

  /** Reads what comes after a position back in each encoding. Resolves with the smallest number of events. */
  async readBack(after: number): Promise<number> {
    const context = { ...this.#context('ws_json'), cursor: `back-${this.options.canary}` };
    let least = Number.POSITIVE_INFINITY;
    for (const encoding of SUBPROTOCOLS) least = Math.min(least, await readBack(encoding, context, after));
    return least;
  }

  #context(transport: CanaryTransport): FollowerContext {
    const { canary, onEvent, ...shared } = this.options;
    return {
      ...shared,
      transport,
      cursor: `${transport.replace('_', '-')}-${canary}`,
      onEvent: (event) => onEvent(transport, event),
    };
  }

  /** A connector goes on at its cursor, which may be at events that have expired meanwhile; here only what is new counts. */
  #followWebhook(context: FollowerContext): Promise<void> {
    const { receiver, runWebhook } = this.options;
    const { grant, cursor, url, token, signal } = context;
    const settings = { grant, cursor, url: receiver.urlOf(grant), secret: receiver.secret };
    const pages = new PageFollower(context);
    return followForever(context, async () => {
      await pages.skipToEnd();
      await runWebhook(settings, { url, token }, signal);
    });
  }
}
