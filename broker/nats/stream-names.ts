export const LEDGER_STREAM = 'LEDGER';
export const RECEIPTS_STREAM = 'RECEIPTS';
export const QUARANTINE_STREAM = 'QUARANTINE';
export const CURSORS_STREAM = 'CURSORS';
export const ATTACHMENTS_STREAM = 'ATTACHMENTS';
/** At the target of a copy until the copy is whole. */
export const UNFINISHED_COPY_STREAM = 'COPY_UNFINISHED';
/** The streams beside those of events. */
export const STORE_STREAMS = [
  LEDGER_STREAM,
  RECEIPTS_STREAM,
  QUARANTINE_STREAM,
  CURSORS_STREAM,
  ATTACHMENTS_STREAM,
] as const;
export const eventStream = (partition: number): string => `EV_${partition}`;

/** Subjects of the streams, apart from those of events. */
export const SUBJECTS = {
  [LEDGER_STREAM]: ['ledger.>'],
  [RECEIPTS_STREAM]: ['receipt.>'],
  [QUARANTINE_STREAM]: ['quarantine.>'],
  [CURSORS_STREAM]: ['cursor.>', 'mark.>', 'deadletter.>', 'ticket.>', 'webhook.>'],
  [ATTACHMENTS_STREAM]: ['attachment.>'],
};
export const eventSubjects = (partition: number): string[] => [`ev.${partition}.>`];

/** The stream that a subject is stored in; undefined for one of none of ours. */
export function streamOf(subject: string): string | undefined {
  const [, partition] = /^ev\.(\d+)\./.exec(subject) ?? [];
  if (partition !== undefined) return eventStream(Number(partition));
  return STORE_STREAMS.find((stream) => subjectsOf(stream)(subject));
}

const EVENTS = /^EV_(\d+)$/;

/** Returns whether a subject belongs to that stream; none belongs to a stream that is not ours. */
export function subjectsOf(stream: string): (subject: string) => boolean {
  const [, partition] = EVENTS.exec(stream) ?? [];
  const patterns =
    partition === undefined ? SUBJECTS[stream as keyof typeof SUBJECTS] : eventSubjects(Number(partition));
  const prefixes = (patterns ?? []).map((pattern) => pattern.slice(0, -1));
  return (subject) => prefixes.some((prefix) => subject.startsWith(prefix));
}
