import { Subscriber } from '../../../client/subscribe/subscriber.js';
import type { SubscriberOptions, SubscriberState } from '../../../client/subscribe/subscriber-options.js';
import type { From } from '../../../proto/frames/frames.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import type { EventPrinter } from './event-printer.js';
import { type SubscribeOptions, subprotocolOf } from './subscribe-options.js';
import { describeSubscriberState, subscriberStateJson } from './subscriber-state.js';

/** Without acknowledgements a subscription ends with its credit; `LiveFollower` then opens a new one from where it ended. */
const UNACKNOWLEDGED_CREDIT = 10_000;
const ACKNOWLEDGED_CREDIT = 1_000;

/** Follows a grant over a WebSocket session until the limit or Ctrl-C. */
export class LiveFollower {
  #subscriber: Subscriber | undefined;
  #isStopping = false;
  #hasSubscribed = false;

  constructor(
    private readonly grant: string,
    private readonly cursor: string,
    private readonly options: SubscribeOptions,
    private readonly printer: EventPrinter,
    private readonly terminal: Terminal,
  ) {}

  /** Whether the bus ever accepted the subscription, and so keeps its cursor. */
  get hasSubscribed(): boolean {
    return this.#hasSubscribed;
  }

  async run(): Promise<void> {
    const release = onInterruption(() => void this.#stop());
    const { limit = Number.POSITIVE_INFINITY } = this.options;
    try {
      let from = this.options.from;
      while (this.printer.printed < limit && !this.#isStopping) from = await this.#follow(from, limit);
    } finally {
      release();
    }
  }

  /**
   * Follows until the limit, or until the credit of a subscription without acknowledgements is used up. Returns where
   * the next one starts.
   */
  async #follow(from: From | undefined, limit: number): Promise<From | undefined> {
    const subscriber = new Subscriber(this.#subscriberOptions(from));
    this.#subscriber = subscriber;
    let credit = this.options.ack ? Number.POSITIVE_INFINITY : UNACKNOWLEDGED_CREDIT;
    for await (const delivery of subscriber) {
      await this.printer.print(delivery.event);
      if (this.options.ack) delivery.ack();
      if (this.printer.printed >= limit || --credit === 0) break;
    }
    return subscriber.resumePoint ?? from;
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    await this.#subscriber?.close();
  }

  #subscriberOptions(from: From | undefined): SubscriberOptions {
    const { url, token, narrow, encoding, ack } = this.options;
    return {
      url,
      token,
      grant: this.grant,
      cursor: this.cursor,
      from,
      narrow,
      encoding: subprotocolOf(encoding),
      credit: ack ? ACKNOWLEDGED_CREDIT : UNACKNOWLEDGED_CREDIT,
      acknowledge: ack ? 'explicit' : 'never',
      onState: (state) => this.#report(state),
    };
  }

  #report(state: SubscriberState): void {
    if (state.kind === 'subscribed') this.#hasSubscribed = true;
    const text = this.options.json ? subscriberStateJson(state) : describeSubscriberState(state);
    if (text !== undefined) this.terminal.err(text);
  }
}
