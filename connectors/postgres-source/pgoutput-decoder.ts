import { type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';
import { fromPostgresTime } from './postgres-clock.js';
import { RowReader, type RowTexts } from './row-reader.js';

/** What a source has to know of pgoutput, protocol version 1. */
export type ChangeMessage =
  | { tag: 'begin'; commitLsn: bigint; commitMs: number }
  | { tag: 'row'; relation: Pgoutput.MessageRelation; before: RowTexts | undefined; after: RowTexts | undefined }
  | { tag: 'commit'; endLsn: bigint }
  | Pgoutput.MessageRelation
  | Pgoutput.MessageTruncate
  | { tag: 'other' };

const BEGIN = 0x42;
const COMMIT = 0x43;
const INSERT = 0x49;
const UPDATE = 0x55;
const DELETE = 0x44;
/** Behind the tag and the number of the table. */
const ROW_AT = 5;

/**
 * Messages of pgoutput. Those that come once per row or per transaction are read here, into what is needed of them: the library's
 * objects, one per row with a property for each column, were the larger part of what a row cost. The rest is the library's.
 */
export class PgoutputDecoder {
  readonly #plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [] });
  readonly #relations = new Map<number, Pgoutput.MessageRelation>();

  decode(message: Buffer): ChangeMessage {
    switch (message[0]) {
      case BEGIN:
        return {
          tag: 'begin',
          commitLsn: message.readBigUInt64BE(1),
          commitMs: fromPostgresTime(message.readBigInt64BE(9)),
        };
      case COMMIT:
        return { tag: 'commit', endLsn: message.readBigUInt64BE(10) };
      case INSERT:
      case UPDATE:
      case DELETE:
        return this.#row(message);
      default:
        return this.#rare(this.#plugin.parse(message));
    }
  }

  #row(message: Buffer): ChangeMessage {
    const relation = this.#relations.get(message.readUInt32BE(1));
    if (!relation) throw new TypeError('a row of a table that was not described');
    const reader = new RowReader(message, ROW_AT);
    const before = message[0] === INSERT ? undefined : reader.before();
    const after = message[0] === DELETE ? undefined : reader.after(before);
    return { tag: 'row', relation, before, after };
  }

  #rare(message: Pgoutput.Message): ChangeMessage {
    if (message.tag === 'relation') this.#relations.set(message.relationOid >>> 0, message);
    return message.tag === 'relation' || message.tag === 'truncate' ? message : { tag: 'other' };
  }
}
