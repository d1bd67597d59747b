import { canaryEntry, canaryEntryId, canaryGrant, HIDDEN_LANE, SHOWN_LANE } from '../../proto/canary.js';
import type { DeliveredEvent, RecordData, SourceEvent } from '../../proto/event/event.js';

/** One record of a round: `round` names the canary that published it and its round. */
export interface CanaryRound {
  round: string;
  partition: number;
  sentAtMs: number;
  secret: string;
}

const BORN = '1987-06-05';
const HASH_HEX = /^[0-9a-f]{64}$/;
const OWN_ITEMS = new Set(canaryEntry(0).items.map(({ name }) => name));

/** The event that every follower must receive, cut down to what is granted. */
export function shownEvent(canary: string, sent: CanaryRound): SourceEvent {
  return event(sent, `shown-${canary}`, SHOWN_LANE);
}

/** An event of rows that nobody is granted: all of it is secret. */
export function hiddenEvent(sent: CanaryRound): SourceEvent {
  return event(sent, `${sent.secret}-hidden`, HIDDEN_LANE);
}

/** An event that is refused because of a value, which the refusal must not repeat. */
export function refusedEvent(sent: CanaryRound): SourceEvent {
  const { data, ...rest } = hiddenEvent(sent);
  return { ...rest, id: `${sent.round}-${sent.partition}-refused`, data: { ...data, sentAt: sent.secret } };
}

function event({ round, partition, sentAtMs, secret }: CanaryRound, key: string, lane: string): SourceEvent {
  const data: RecordData = {
    key,
    round,
    sentAt: sentAtMs,
    lane,
    masked: `${secret}-masked`,
    hashed: `${secret}-hashed`,
    born: BORN,
    secret: `${secret}-secret`,
    secrets: [`${secret}-list`],
    secretObject: { inside: `${secret}-object` },
  };
  const id = `${round}-${partition}-${lane}`;
  return {
    specversion: '1.0',
    id,
    type: canaryEntryId(partition),
    subject: key,
    op: 'update',
    data,
    previous: { lane },
  };
}

/**
 * What is wrong with an event that a follower received; undefined when it holds what is granted and nothing else. Names items
 * and never repeats a value.
 */
export function deliveryProblem({ data = {}, subject }: Pick<DeliveredEvent, 'data' | 'subject'>): string | undefined {
  const granted = new Set(canaryGrant(0).items.map(({ name }) => name));
  const foreign = Object.keys(data).filter((name) => !granted.has(name));
  if (foreign.length > 0) return `items that are not granted: ${foreign.map(nameOf).sort().join(', ')}`;
  if (data.key !== subject) return 'a key that is not the subject';
  if (typeof data.key !== 'string' || !data.key.startsWith('shown-')) return 'a row that is not granted';
  if (data.born !== undefined && data.born !== BORN.slice(0, 4)) return 'a date that is not cut to its year';
  if (data.masked !== undefined && !/^.\*+$/.test(String(data.masked))) return 'an item that is not masked';
  if (data.hashed !== undefined && !isHash(data.hashed)) return 'an item that is not hashed';
  return undefined;
}

/** A name that the entry does not have is of another record, or no name at all. */
const nameOf = (item: string): string => (OWN_ITEMS.has(item) ? item : 'one of another entry');

/** A hash without a key could be computed by anybody; the bus has a key. */
const isHash = (value: unknown): boolean => typeof value === 'string' && HASH_HEX.test(value);
