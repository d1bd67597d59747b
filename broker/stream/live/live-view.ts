import { randomInt } from 'node:crypto';
import { eventEncoder } from '../../../proto/frames/event-encoder.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { RowFilter } from '../views/row-filter.js';
import { View, type ViewSource, viewKey } from '../views/view.js';
import { Channel } from './channel.js';

/** A view that somebody follows, with its channels. */
export class LiveView {
  readonly #channels = new Map<string, Channel>();
  /** Subscriptions that hold it. */
  subscriptions = 0;

  constructor(
    readonly view: View,
    readonly partition: number,
  ) {}

  get filter(): RowFilter {
    return this.view.filter;
  }

  get channels(): Iterable<Channel> {
    return this.#channels.values();
  }

  get hasMembers(): boolean {
    for (const channel of this.#channels.values()) if (channel.size > 0) return true;
    return false;
  }

  /** `twin` counts the subscriptions that one session already has on this view: each of them has a channel of its own. */
  channel(encoding: Subprotocol, twin: number, through: number): Channel {
    const key = `${encoding} ${twin}`;
    let channel = this.#channels.get(key);
    if (!channel) {
      // Random, so that a number that a session has kept by mistake meets nobody's channel.
      channel = new Channel(randomInt(1, 2 ** 47), encoding, eventEncoder(encoding, this.view.codec), through);
      this.#channels.set(key, channel);
    }
    return channel;
  }
}

/** Views by their key: equal grants share one. */
export class LiveViews {
  readonly #byKey = new Map<string, LiveView>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Channels that somebody follows live. */
  get channelCount(): number {
    let count = 0;
    for (const live of this) for (const channel of live.channels) if (channel.size > 0) count++;
    return count;
  }

  acquire(source: ViewSource, partition: number): LiveView {
    const key = viewKey(source);
    let live = this.#byKey.get(key);
    if (!live) {
      live = new LiveView(new View(key, source.grant.entry, source), partition);
      this.#byKey.set(key, live);
    }
    live.subscriptions++;
    return live;
  }

  release(live: LiveView): void {
    live.subscriptions--;
    if (live.subscriptions === 0) this.#byKey.delete(live.view.key);
  }

  *[Symbol.iterator](): Iterator<LiveView> {
    yield* this.#byKey.values();
  }
}
