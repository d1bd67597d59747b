import { splitEntryId } from './entry/entry.js';

/** One token of a NATS subject. Ids of parties, entries, systems, grants and officers are tokens. */
export const TOKEN_PATTERN = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;
/** `<party>.<entry>` */
export const ENTRY_ID_PATTERN = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?\.[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;

export const isToken = (text: string): boolean => TOKEN_PATTERN.test(text);
export const isEntryId = (text: string): boolean => ENTRY_ID_PATTERN.test(text);

/** Subject of the events that a system publishes on an entry. */
export function eventSubject(partition: number, entryId: string, system: string): string {
  return `ev.${partition}.${entryId}.${system}`;
}

/** Subject filter for all events of an entry, from all systems. */
export function entryFilter(partition: number, entryId: string): string {
  return `ev.${partition}.${entryId}.*`;
}

/** Entry id and system of an event subject; on the hot path, so it splits without allocating an array. */
export function parseEventSubject(subject: string): { entry: string; system: string } {
  const afterPartition = subject.indexOf('.', 3) + 1;
  const lastDot = subject.lastIndexOf('.');
  return { entry: subject.slice(afterPartition, lastDot), system: subject.slice(lastDot + 1) };
}

export const quarantineSubject = (entryId: string, system: string): string => `quarantine.${entryId}.${system}`;
/** All refused events of one party. */
export const quarantineFilter = (party: string): string => `quarantine.${party}.>`;
export const receiptSubject = (party: string, grant: string): string => `receipt.${party}.${grant}`;
export const cursorSubject = (grant: string, name: string): string => `cursor.${grant}.${name}`;
export const deadLetterSubject = (grant: string, position: number): string => `deadletter.${grant}.${position}`;
/** One part of an attachment, by the hex of its SHA-256. */
export const attachmentSubject = (sha256: string, part: number | '*'): string => `attachment.${sha256}.${part}`;
/** Where the webhook of a party is. */
export const webhookSubject = (party: string): string => `webhook.${party}`;
/** The broker that sends to webhooks; no id of a party begins like this. */
export const WEBHOOK_SENDER_SUBJECT = 'webhook._sender';
export const ledgerSubject = (kind: string, id: string): string => `ledger.${kind}.${id}`;

/** JetStream message id. Deduplication is stream-wide, so the id includes system and entry. */
export const messageId = (system: string, entryId: string, eventId: string): string =>
  `${system}/${entryId}/${eventId}`;

/** Partition for a new entry: FNV-1a of its id. Recorded at its first publication and never recomputed. */
export function partitionFor(entryId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < entryId.length; i++) hash = Math.imul(hash ^ entryId.charCodeAt(i), 0x01000193) >>> 0;
  return hash % partitions;
}

export const partyOf = (entryId: string): string => splitEntryId(entryId).party;
