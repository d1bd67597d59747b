import { errorOfResponse } from '../../../client/bus-api.js';
import { httpUrl } from '../../../client/bus-url.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { searchedFetch } from '../searched-fetch.js';
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
    const response = await searchedFetch(watch, 'stream', transport)(address, { headers, signal });
    if (!response.ok || !response.body) throw await errorOfResponse(response, address);
    for await (const { id, event } of eventsOf(response.body)) {
      if (!isIdOf(event, id)) watch.found('stream', transport, 'an id of an event that is not its position');
      onEvent(event);
    }
  });
}

interface NumberedEvent {
  id: string | undefined;
  event: DeliveredEvent;
}

/** Events without a name are those of the grant; the bus names all others. */
async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
    rest = (blocks.pop() ?? '').slice(-BLOCK_CHARS_MAX);
    for (const block of blocks) {
      const lines = block.split('\n');
      const data = fieldOf(lines, 'data');
      if (data === undefined || fieldOf(lines, 'event') !== undefined) continue;
      yield { id: fieldOf(lines, 'id'), event: JSON.parse(data) as DeliveredEvent };
    }
  }
}

function fieldOf(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
}

/** A position and the name of its log, and nothing else. */
function isIdOf({ position }: DeliveredEvent, id = ''): boolean {
  const [at, log = '', ...more] = id.split('@');
  return at === String(position) && /^[\w-]{1,64}$/.test(log) && more.length === 0;
}
