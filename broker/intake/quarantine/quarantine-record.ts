import type { Problem } from '../../../proto/errors.js';
import type { SourcePosition } from '../source-progress/source-position.js';
import type { RawEvent } from '../validate/event-shape.js';

/** A rejected event as it is stored in QUARANTINE, for its source to read, repair and send as a new one. */
export interface QuarantinedEvent {
  problem: Problem;
  /** As received; `data` and `previous` that came as protobuf are base64. */
  event: Record<string, unknown>;
  /** The event was too long to be kept whole: `data` and `previous` are left out. */
  cut?: boolean | undefined;
  acceptedAt: string;
  sourceposition?: string | undefined;
  sourceepoch?: string | undefined;
}

/** A record on its way to QUARANTINE. */
export interface QuarantineEntry {
  subject: string;
  /** The party of the system that sent it. */
  party: string;
  /** Message id: equal for one event with one problem, so that it is kept once. */
  key: string;
  /** The item that is wrong, if the entry has it: a name that only the event has may be a value. */
  item?: string | undefined;
  bytes: Uint8Array;
}

/** A record must fit into one message of a NATS server with default limits (1 MiB), however large the event was. */
export const RECORD_BYTES_MAX = 768 * 1024;
/** Cap per attribute of an event that is too large to be kept whole. */
const ATTRIBUTE_CHARACTERS_MAX = 256;

export function encodeQuarantined(
  event: RawEvent,
  problem: Problem,
  sourcePosition: SourcePosition | undefined,
  nowMs: number,
): Uint8Array {
  const record: QuarantinedEvent = {
    problem,
    event: asJson(event),
    acceptedAt: new Date(nowMs).toISOString(),
    ...(sourcePosition && { sourceposition: sourcePosition.position, sourceepoch: sourcePosition.epoch }),
  };
  const whole = tryEncode(record);
  if (whole && whole.length <= RECORD_BYTES_MAX) return whole;
  return Buffer.from(JSON.stringify({ ...record, event: attributesOnly(event), cut: true }));
}

export function decodeQuarantined(bytes: Uint8Array): QuarantinedEvent {
  return JSON.parse(Buffer.from(bytes).toString()) as QuarantinedEvent;
}

/** Undefined for values that JSON cannot hold, which MessagePack can bring. */
function tryEncode(record: QuarantinedEvent): Uint8Array | undefined {
  try {
    return Buffer.from(JSON.stringify(record));
  } catch {
    return undefined;
  }
}

function asJson(event: RawEvent): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...event };
  for (const name of ['data', 'previous']) {
    const value = copy[name];
    if (value instanceof Uint8Array) copy[name] = Buffer.from(value).toString('base64');
  }
  return copy;
}

function attributesOnly(event: RawEvent): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of ['specversion', 'id', 'type', 'subject', 'time', 'op', 'sourceposition', 'sourceepoch']) {
    const value = event[name];
    if (typeof value === 'string') kept[name] = value.slice(0, ATTRIBUTE_CHARACTERS_MAX);
  }
  return kept;
}
