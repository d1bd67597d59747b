import type { Rows } from '../../../proto/entry/rows.js';
import { SluiceError } from '../../../proto/errors.js';
import type { From } from '../../../proto/frames/frames.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { isMap } from '../../../proto/values/is-map.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';
import { isInstant } from '../../../proto/values/rfc3339.js';

/** How a client without a socket says where to read: in the query, all as text. */
export interface PageQuery {
  from?: string;
  log?: string;
  cursor?: string;
  limit?: number;
  narrow?: string;
}

/** A page is built in memory; who wants more asks again. */
export const PAGE_EVENTS_MAX = 10_000;

export const PAGE_QUERY_SCHEMA = {
  type: 'object',
  properties: {
    from: {
      type: 'string',
      default: 'cursor',
      description: 'cursor, earliest, latest, a position (what comes after it), or an RFC 3339 time',
    },
    log: { type: 'string', maxLength: 64, description: 'the log epoch that the position belongs to' },
    cursor: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$', default: 'default' },
    limit: { type: 'integer', minimum: 1, maximum: PAGE_EVENTS_MAX, default: 1000 },
    narrow: { type: 'string', description: 'a further row filter, as JSON' },
    ticket: { type: 'string', description: 'instead of a token, for server-sent events in a browser' },
  },
  additionalProperties: false,
};

/** Throws BAD_REQUEST. */
export function parseFrom(from: string, log: string | undefined): From {
  if (from === 'cursor' || from === 'earliest' || from === 'latest') return from;
  if (/^\d{1,16}$/.test(from) && Number.isSafeInteger(Number(from))) {
    return { after: Number(from), ...(log !== undefined && { log }) };
  }
  if (isInstant(from)) return { time: from };
  const what = 'cursor, earliest, latest, a position or an RFC 3339 date-time with a zone';
  // In a query a bare + is a space, the most frequent reason why a right time does not arrive as one.
  throw new SluiceError('BAD_REQUEST', `from must be ${what} (in a query + is written %2B)`);
}

/** Throws BAD_REQUEST; what the map says is checked by the engine. */
export function parseNarrow(text: string | undefined): Rows | undefined {
  if (text === undefined) return undefined;
  try {
    const rows = parseExactJson(text);
    if (isMap(rows)) return rows as Rows;
  } catch (error) {
    if (error instanceof RepeatedKeyError) throw new SluiceError('BAD_REQUEST', `narrow: ${error.message}`);
    // Any other text gets the one answer.
  }
  throw new SluiceError('BAD_REQUEST', 'narrow must be a JSON map from item to predicate');
}

/** The `id` of a server-sent event: enough to go on from, and to notice that the log has another epoch. */
export const formatEventId = (position: number, log: string): string => `${position}@${log}`;

/** Reads a Last-Event-ID, which a browser sends back as it received it. Throws BAD_REQUEST. */
export function parseEventId(id: string): From {
  const [, position, log] = /^(\d{1,16})(?:@([\w-]{1,64}))?$/.exec(id) ?? [];
  if (position === undefined) throw new SluiceError('BAD_REQUEST', 'Last-Event-ID is not an id of this stream');
  return parseFrom(position, log);
}
