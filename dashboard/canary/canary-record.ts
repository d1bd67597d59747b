import { randomBytes } from 'node:crypto';
import { canaryEntry, canaryEntryId, canaryGrant, HIDDEN_LANE, SHOWN_LANE } from '../../proto/canary.js';
import type { DeliveredEvent, RecordData, SourceEvent } from '../../proto/event/event.js';
import type { CanaryTransport } from './canary-metrics.js';
import { hashedValue, type Secret } from './secrets.js';

/** One record of a round: `round` names the canary that published it and its round. */
export interface CanaryRound {
  round: string;
  partition: number;
  sentAtMs: number;
  secret: Secret;
}

/** With a trace context, which a source may add to an event and nobody receives. */
type TracedEvent = SourceEvent & { traceparent: string; tracestate: string };

const BORN = '1987-06-05';
const HASH_HEX = /^[0-9a-f]{64}$/;
const ACCEPTED_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** A granted value long enough for the bus to compress a frame with it. */
const MASKED_CHARACTERS = 1_200;
const OWN_ITEMS = new Set(canaryEntry(0).items.map(({ name }) => name));
const GRANTED_ITEMS = new Set(canaryGrant(0).items.map(({ name }) => name));
const ATTRIBUTES = ['id', 'position', 'type', 'time', 'op', 'subject', 'data'];
/** A webhook has the event as a CloudEvent, with a source that the connector makes. */
const WEBHOOK_ATTRIBUTES = ['specversion', 'source', 'datacontenttype'];

/** The event that every follower must receive, cut down to what is granted. */
export function shownEvent(canary: string, sent: CanaryRound): TracedEvent {
  return event(sent, `shown-${canary}`, SHOWN_LANE);
}

/** An event of rows that nobody is granted: all of it is secret. */
export function hiddenEvent(sent: CanaryRound): TracedEvent {
  return event(sent, `${sent.secret.value}-hidden`, HIDDEN_LANE);
}

/** An event that is refused because of a value, which the refusal must not repeat. */
export function refusedEvent(sent: CanaryRound): TracedEvent {
  const { data, ...rest } = hiddenEvent(sent);
  return { ...rest, id: `${rest.id}-refused`, data: { ...data, sentAt: sent.secret.value } };
}

function event({ round, partition, sentAtMs, secret }: CanaryRound, key: string, lane: string): TracedEvent {
  const { value } = secret;
  const data: RecordData = {
    key,
    round,
    sentAt: sentAtMs,
    lane,
    masked: `${value}-masked`.padEnd(MASKED_CHARACTERS, 'm'),
    hashed: hashedValue(secret),
    born: BORN,
    secret: `${value}-secret`,
    secrets: [`${value}-list`],
    secretObject: { inside: `${value}-object` },
  };
  return {
    specversion: '1.0',
    id: `${secret.id}-${round}-${partition}-${lane}`,
    type: canaryEntryId(partition),
    subject: key,
    op: 'update',
    data,
    previous: { lane },
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    tracestate: `sluice=${value}-tracestate`,
  };
}

/**
 * The fault of an event that a follower of a partition received; undefined when it holds what is granted and nothing else. Names items
 * and never repeats a value.
 */
export function deliveryProblem(
  transport: CanaryTransport,
  partition: number,
  delivered: DeliveredEvent,
): string | undefined {
  const { data = {}, subject } = delivered;
  const foreign = Object.keys(data).filter((name) => !GRANTED_ITEMS.has(name));
  if (foreign.length > 0) return `items that are not granted: ${foreign.map(nameOf).sort().join(', ')}`;
  if (data.key !== subject) return 'a key that is not the subject';
  if (typeof data.key !== 'string' || !data.key.startsWith('shown-')) return 'a row that is not granted';
  if (data.born !== undefined && data.born !== BORN.slice(0, 4)) return 'a date that is not cut to its year';
  if (data.masked !== undefined && !/^.\*+$/.test(String(data.masked))) return 'an item that is not masked';
  if (data.hashed !== undefined && !isHash(data.hashed)) return 'an item that is not hashed';
  return headProblem(transport, partition, delivered);
}

function headProblem(transport: CanaryTransport, partition: number, delivered: DeliveredEvent): string | undefined {
  const { id, type, position, op, time } = delivered;
  const known = transport === 'webhook' ? [...ATTRIBUTES, ...WEBHOOK_ATTRIBUTES] : ATTRIBUTES;
  if (Object.keys(delivered).some((name) => !known.includes(name))) return 'an attribute that no delivered event has';
  if (type !== canaryEntryId(partition)) return 'an event of another entry';
  if (id !== `${type}@${position}`) return 'an id that is not of the bus';
  if (op !== 'update') return 'an operation that was not published';
  return ACCEPTED_AT.test(time) ? undefined : 'a time that is not of the bus';
}

/** Whether an event has every item that is granted: without one it is not what was owed. */
export const isWhole = ({ data = {} }: Pick<DeliveredEvent, 'data'>): boolean =>
  [...GRANTED_ITEMS].every((name) => data[name] !== undefined);

/** A name that the entry does not have is of another record, or no name at all. */
const nameOf = (item: string): string => (OWN_ITEMS.has(item) ? item : 'one of another entry');

/** A hash without a key could be computed by anybody; the bus has a key. */
const isHash = (value: unknown): boolean => typeof value === 'string' && HASH_HEX.test(value);
