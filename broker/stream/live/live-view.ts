import { randomInt } from 'node:crypto';
import { eventEncoder } from '../../../proto/frames/event-encoder.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { RowFilter } from '../views/row-filter.js';
import { type KeyedSource, View } from '../views/view.js';
import { Channel } from './channel.js';

/** A view with at least one subscription, and its channels. */
export class LiveView {
  readonly #channels = new Map<string, Channel>();
  /** Reference count: at zero the view is dropped. */
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

  /**
   * Finds or makes the channel with the smallest ordinal that is not taken. Subscriptions share the channel with ordinal 0, except
   * those of a session that has it already, or had it: a late acknowledgement must not meet the successor of its subscription.
   * See docs/decisions/0063.
   */
  freeChannel(
    encoding: Subprotocol,
    through: number,
    isTaken: (ordinal: number, channel: number) => boolean,
  ): { channel: Channel; ordinal: number } {
    for (let ordinal = 0; ; ordinal++) {
      const channel = this.#channel(encoding, ordinal, through);
      if (!isTaken(ordinal, channel.number)) return { channel, ordinal };
    }
  }

  #channel(encoding: Subprotocol, ordinal: number, through: number): Channel {
    const key = `${encoding} ${ordinal}`;
    let channel = this.#channels.get(key);
    if (!channel) {
      // Random, so that a stale number in a frame of a confused client matches no other channel.
      channel = new Channel(randomInt(1, 2 ** 47), encoding, eventEncoder(encoding, this.view.codec), through);
      this.#channels.set(key, channel);
    }
    return channel;
  }
}

/** All live views by their key: grants that deliver the same share one. */
export class LiveViews {
  readonly #byKey = new Map<string, LiveView>();

  /** `onDropped` is called with a view when its last subscription is released. */
  constructor(private readonly onDropped: (live: LiveView) => void) {}

  get size(): number {
    return this.#byKey.size;
  }

  /** Number of channels that have members, counted one by one. */
  get channelCount(): number {
    let count = 0;
    for (const live of this) for (const channel of live.channels) if (channel.size > 0) count++;
    return count;
  }

  acquire(source: KeyedSource, partition: number): LiveView {
    const { key } = source;
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
    if (live.subscriptions > 0) return;
    this.#byKey.delete(live.view.key);
    this.onDropped(live);
  }

  [Symbol.iterator](): Iterator<LiveView> {
    return this.#byKey.values();
  }
}
