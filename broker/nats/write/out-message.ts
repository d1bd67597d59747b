/** A message to be stored in a stream, with the conditions that the server checks. */
export interface OutMessage {
  subject: string;
  data: Uint8Array;
  /** Deduplicates within the stream's window; must be unique over the whole stream. */
  id?: string | undefined;
  ttlSeconds?: number | undefined;
  /** The message ends a right: it may take the room that the store keeps back. */
  endsRights?: boolean | undefined;
  /** Sequence of the newest message of this subject, 0 for none. */
  expectLastSubject?: number | undefined;
  /** Sequence of the newest message of the stream; in a batch only the first message may carry it. */
  expectLast?: number | undefined;
  /** Id of the newest message of the stream. */
  expectLastId?: string | undefined;
}
