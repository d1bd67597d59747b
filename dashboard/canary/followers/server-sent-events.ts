import { errorOfResponse } from '../../../client/bus-api.js';
import { httpUrl } from '../../../client/bus-url.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { type FollowerContext, followForever } from './follower.js';

/** A block longer than this is no event of the canary. */
const BLOCK_CHARS_MAX = 1024 * 1024;

/** Follows as a browser does, by `text/event-stream`. */
export function followServerSentEvents(context: FollowerContext): Promise<void> {
  return followForever(context, async () => {
    const { url, token, grant, cursor, signal, onEvent, watch, transport } = context;
    const address = httpUrl(url, `/v1/grants/${grant}/events`);
    address.searchParams.set('from', 'latest');
    address.searchParams.set('cursor', cursor);
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
    const response = await fetch(address, { headers, signal });
    if (!response.ok || !response.body) throw await errorOfResponse(response, address);
    const search = watch.stream('stream', transport);
    for await (const event of eventsOf(response.body, search)) onEvent(event);
  });
}

/** Events without a name are those of the grant; the bus names all others. */
async function* eventsOf(
  body: AsyncIterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
): AsyncGenerator<DeliveredEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    onPiece(piece);
    const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
    rest = (blocks.pop() ?? '').slice(-BLOCK_CHARS_MAX);
    for (const block of blocks) {
      const lines = block.split('\n');
      const data = lines.find((line) => line.startsWith('data: '));
      if (data === undefined || lines.some((line) => line.startsWith('event: '))) continue;
      yield JSON.parse(data.slice('data: '.length)) as DeliveredEvent;
    }
  }
}
