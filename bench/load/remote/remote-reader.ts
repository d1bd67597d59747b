import { Subscriber } from '../../../client/subscribe/subscriber.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import { tokenOf } from '../../documents/bench-bundle.js';
import type { Histogram } from '../../harness/histogram.js';

/** Many round trips' worth, so that it is the line that limits. */
const CREDIT = 10_000;

export interface Order {
  encoding: Subprotocol;
  compression: boolean;
  /** Events that each department is to receive. */
  events: number;
  isLive: boolean;
}

/** One department's subscription, by the SDK. */
export class RemoteReader {
  events = 0;
  isCaughtUp = false;
  readonly ended: Promise<void>;

  constructor(
    url: string,
    { system, grant }: { system: string; grant: string },
    order: Order,
    signal: AbortSignal,
    age: Histogram,
  ) {
    const { encoding, compression, isLive } = order;
    const subscriber = new Subscriber({
      url,
      token: tokenOf(system),
      grant,
      encoding,
      compression,
      signal,
      credit: CREDIT,
      // Cursors of their own: one that is left behind would be taken over from a session that still ends.
      cursor: `${isLive ? 'live' : 'log'}-${encoding.replaceAll('.', '-')}-${compression}`,
      from: isLive ? 'latest' : 'earliest',
      onState: ({ kind }) => {
        if (kind === 'caught_up') this.isCaughtUp = true;
      },
    });
    this.ended = this.#read(subscriber, age);
  }

  async #read(subscriber: Subscriber, age: Histogram): Promise<void> {
    for await (const { event } of subscriber) {
      this.events++;
      age.record(Math.max(0, Date.now() - Date.parse(event.time)) * 1000);
    }
  }
}
