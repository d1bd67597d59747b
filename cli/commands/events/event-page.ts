import type { DeliveredEvent } from '../../../proto/event/event.js';
import type { From } from '../../../proto/frames/frames.js';
import { apiOf, type ConnectionOptions } from '../../connection-options.js';
import type { SubscribeOptions } from './subscribe-options.js';

export interface EventPage {
  events: DeliveredEvent[];
  /** Where the next page starts, also when no event matched. */
  through: number;
  log: string;
  caughtUp: boolean;
}

export interface EventPageQuery {
  from: From;
  cursor: string;
  limit: number;
  narrow?: SubscribeOptions['narrow'];
}

export async function readEventPage(
  grant: string,
  { from, cursor, limit, narrow }: EventPageQuery,
  options: ConnectionOptions,
): Promise<EventPage> {
  const query = { ...fromQuery(from), cursor, limit, narrow: narrow && JSON.stringify(narrow) };
  const path = `/v1/grants/${encodeURIComponent(grant)}/events`;
  const text = await apiOf(options).text(path, { query, accept: 'application/x-ndjson' });
  const lines = text.split('\n').filter((line) => line !== '');
  const end = JSON.parse(lines.pop() as string) as Omit<EventPage, 'events'>;
  return { ...end, events: lines.map((line) => JSON.parse(line) as DeliveredEvent) };
}

function fromQuery(from: From): { from: string; log?: string | undefined } {
  if (typeof from === 'string') return { from };
  return 'time' in from ? { from: from.time } : { from: String(from.after), log: from.log };
}
