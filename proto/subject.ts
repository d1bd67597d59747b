import { splitEntryId } from './entry/entry.js';

/** One token of a subject: party, entry, system, grant and officer ids are made of these characters. */
export const TOKEN_PATTERN = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;
/** `<party>.<entry>` */
export const ENTRY_ID_PATTERN = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?\.[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;

export const isToken = (text: string): boolean => TOKEN_PATTERN.test(text);
export const isEntryId = (text: string): boolean => ENTRY_ID_PATTERN.test(text);

/** Subject of the events that one system publishes on one entry. */
export function eventSubject(partition: number, entryId: string, system: string): string {
  return `ev.${partition}.${entryId}.${system}`;
}

/** Filter for all events of one entry, whoever published them. */
export function entryFilter(partition: number, entryId: string): string {
  return `ev.${partition}.${entryId}.*`;
}

/** Entry id and system of an event subject, cut without allocation of an array. */
export function parseEventSubject(subject: string): { entry: string; system: string } {
  const afterPartition = subject.indexOf('.', 3) + 1;
  const lastDot = subject.lastIndexOf('.');
  return { entry: subject.slice(afterPartition, lastDot), system: subject.slice(lastDot + 1) };
}

export const quarantineSubject = (entryId: string, system: string): string => `quarantine.${entryId}.${system}`;
export const receiptSubject = (party: string, grant: string): string => `receipt.${party}.${grant}`;
export const cursorSubject = (grant: string, name: string): string => `cursor.${grant}.${name}`;
export const deadLetterSubject = (grant: string, position: number): string => `deadletter.${grant}.${position}`;
export const ledgerSubject = (kind: string, id: string): string => `ledger.${kind}.${id}`;

/** JetStream message id: stream-wide, so it carries system and entry beside the event's own id. */
export const messageId = (system: string, entryId: string, eventId: string): string =>
  `${system}/${entryId}/${eventId}`;

/** Partition for a new entry: FNV-1a of its id. Recorded when the entry is first published, never recomputed. */
export function partitionFor(entryId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < entryId.length; i++) hash = Math.imul(hash ^ entryId.charCodeAt(i), 0x01000193) >>> 0;
  return hash % partitions;
}

export const partyOf = (entryId: string): string => splitEntryId(entryId).party;
