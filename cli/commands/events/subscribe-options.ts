import { InvalidArgumentError } from 'commander';
import type { Rows } from '../../../proto/entry/rows.js';
import type { From, Subprotocol } from '../../../proto/frames/frames.js';
import { isMap } from '../../../proto/values/is-map.js';
import { isInstant } from '../../../proto/values/rfc3339.js';
import type { ConnectionOptions } from '../../connection-options.js';

export interface SubscribeOptions extends ConnectionOptions {
  from?: From;
  cursor?: string;
  encoding: Encoding;
  ack?: boolean;
  narrow?: Rows;
  limit?: number;
}

export const ENCODINGS = ['json', 'msgpack', 'protobuf'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const subprotocolOf = (encoding: Encoding): Subprotocol => `sluice.v1.${encoding}`;

/** Parses `cursor`, `earliest`, `latest`, a position, `<position>@<log>`, or a time. */
export function fromOf(text: string): From {
  if (text === 'cursor' || text === 'earliest' || text === 'latest') return text;
  const [, position, log] = /^(\d{1,15})(?:@(.+))?$/.exec(text) ?? [];
  if (position !== undefined) return { after: Number(position), ...(log === undefined ? {} : { log }) };
  if (isInstant(text)) return { time: text };
  throw new InvalidArgumentError(
    'It must be cursor, earliest, latest, a position, position@log or a date-time like 2026-11-22T08:30:00+08:00.',
  );
}

export function narrowOf(text: string): Rows {
  try {
    const rows: unknown = JSON.parse(text);
    if (isMap(rows)) return rows as Rows;
  } catch {
    // Not JSON: the message below says what is expected.
  }
  throw new InvalidArgumentError('It must be a JSON map like {"regionCode": {"is": "350102"}}.');
}

export function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return count;
}
