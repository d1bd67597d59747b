import { Subscriber } from '../../../client/subscribe/subscriber.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { FollowerContext } from './follower.js';
import { searched } from './web-socket.js';

const READ_BACK_MS_MAX = 10_000;

/**
 * Reads what comes after a position once more, as a subscriber that was away does: the bus makes these frames from its log, not from
 * what it has just accepted. Resolves with the number of events when it has caught up.
 */
export async function readBack(encoding: Subprotocol, context: FollowerContext, after: number): Promise<number> {
  const { url, token, grant, cursor, onEvent } = context;
  const end = new AbortController();
  const signal = AbortSignal.any([context.signal, end.signal, AbortSignal.timeout(READ_BACK_MS_MAX)]);
  const subscriber = new Subscriber({
    url,
    token,
    grant,
    cursor,
    encoding,
    signal,
    acknowledge: 'never',
    from: { after },
    connect: searched(context),
    onState: ({ kind }) => {
      if (kind === 'caught_up' || kind === 'disconnected') setImmediate(() => end.abort());
    },
  });
  let events = 0;
  for await (const { event } of subscriber) {
    events++;
    onEvent(event);
  }
  return events;
}
