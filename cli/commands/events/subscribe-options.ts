import { InvalidArgumentError } from 'commander';
import type { Rows } from '../../../proto/entry/rows.js';
import { DELIVERED_OPS, type DeliveredOp } from '../../../proto/event/event.js';
import type { From, Subprotocol } from '../../../proto/frames/frames.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { isMap } from '../../../proto/values/is-map.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';
import { instantMs, isInstant } from '../../../proto/values/rfc3339.js';
import type { ConnectionOptions } from '../../connection-options.js';

export interface SubscribeOptions extends ConnectionOptions {
  from?: From | undefined;
  /** Start as a time, computed from a duration. */
  since?: string;
  to?: End;
  untilCaughtUp?: boolean;
  op?: DeliveredOp[];
  subject?: string;
  output: OutputFormat;
  cursor?: string;
  encoding: Encoding;
  ack?: boolean;
  narrow?: Rows;
  limit?: number;
}

/** Last position or time of interest, itself included. */
export type End = { position: number } | { timeMs: number };

export const OUTPUTS = ['json', 'table', 'csv'] as const;
export type OutputFormat = (typeof OUTPUTS)[number];

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

export function endOf(text: string): End {
  if (/^\d{1,15}$/.test(text)) return { position: Number(text) };
  const timeMs = instantMs(text);
  if (timeMs !== undefined) return { timeMs };
  throw new InvalidArgumentError('It must be a position or a date-time like 2026-11-22T08:30:00+08:00.');
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** A duration before now, as the date-time at which it began. */
export function sinceOf(text: string): string {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (unit === undefined) throw new InvalidArgumentError('It must be a duration like 90s, 15m, 1h, 2d or 1w.');
  const seconds = Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
  return new Date(Date.now() - seconds * 1_000).toISOString();
}

export function opsOf(text: string): DeliveredOp[] {
  const ops = text.split(',').map((op) => op.trim());
  if (ops.every((op) => (DELIVERED_OPS as readonly string[]).includes(op))) return ops as DeliveredOp[];
  throw new InvalidArgumentError(`Each must be one of ${DELIVERED_OPS.join(', ')}.`);
}

export function narrowOf(text: string): Rows {
  try {
    const rows: unknown = parseExactJson(text);
    // As strings, long decimals travel in every encoding.
    if (isMap(rows)) return JSON.parse(JSON.stringify(rows)) as Rows;
  } catch (error) {
    if (error instanceof RepeatedKeyError) throw new InvalidArgumentError(`In it ${error.message}.`);
    // Not JSON: the message below says what is expected.
  }
  throw new InvalidArgumentError('It must be a JSON map like {"regionCode": {"is": "350102"}}.');
}

export function countOf(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return count;
}
