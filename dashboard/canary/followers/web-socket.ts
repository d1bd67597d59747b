import { connectNode } from '../../../client/session/node-transport.js';
import type { Connect } from '../../../client/session/transport.js';
import { Subscriber } from '../../../client/subscribe/subscriber.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import { type FollowerContext, followForever } from './follower.js';

const FIRST_RETRY_MS = 100;

/** Follows by the SDK, in one of the three encodings. */
export function followWebSocket(encoding: Subprotocol, context: FollowerContext): Promise<void> {
  const { url, token, grant, cursor, signal, onEvent, retryMs } = context;
  const reconnect = { firstDelayMs: FIRST_RETRY_MS, delayMsMax: retryMs };
  return followForever(context, async () => {
    const subscriber = new Subscriber({
      url,
      token,
      grant,
      cursor,
      encoding,
      signal,
      reconnect,
      from: 'latest',
      connect: searched(context),
      // Frames are compressed once for all sessions that ask for it: a path of its own.
      compression: encoding === 'sluice.v1.json',
    });
    for await (const { event } of subscriber) onEvent(event);
  });
}

/** Looks at the messages, and at the reason of an end, before the SDK does. */
export function searched({ watch, transport }: FollowerContext): Connect {
  return (target, handlers) => {
    const search = watch.stream('stream', transport);
    return connectNode(target, {
      ...handlers,
      message: (data, isBinary) => {
        search(data);
        handlers.message(data, isBinary);
      },
      closed: (closing) => {
        watch.text('errors', transport, closing.reason);
        handlers.closed(closing);
      },
    });
  };
}
