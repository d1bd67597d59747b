import { type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';
import { fromPostgresTime } from './postgres-clock.js';
import { RowReader } from './row-reader.js';
import type { RowValues } from './row-values.js';

/** The messages of pgoutput, protocol version 1, that a source uses. */
export type ChangeMessage =
  | { tag: 'begin'; commitLsn: bigint; commitMs: number; xid: number }
  | { tag: 'row'; relation: Pgoutput.MessageRelation; before: RowValues | undefined; after: RowValues | undefined }
  | { tag: 'commit'; endLsn: bigint }
  | Pgoutput.MessageRelation
  | Pgoutput.MessageTruncate
  | { tag: 'other' };

const BEGIN = 0x42;
const COMMIT = 0x43;
const INSERT = 0x49;
const UPDATE = 0x55;
const DELETE = 0x44;
/** Rows start after the tag and the relation id. */
const ROW_OFFSET = 5;

/**
 * Decodes messages of pgoutput. Those that come per row or per transaction are read here: the library's objects, with a property per
 * column, were more than half of the CPU time of a row. The library reads the others.
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
          xid: message.readUInt32BE(17),
        };
      case COMMIT:
        return { tag: 'commit', endLsn: message.readBigUInt64BE(10) };
      case INSERT:
      case UPDATE:
      case DELETE:
        return this.#row(message);
      default:
        return this.#other(this.#plugin.parse(message));
    }
  }

  #row(message: Buffer): ChangeMessage {
    const relation = this.#relations.get(message.readUInt32BE(1));
    if (!relation) throw new TypeError('the stream has a row of a relation that it did not describe');
    // The connection writes over its memory, and the row keeps the message until it is published.
    const reader = new RowReader(Buffer.from(message), ROW_OFFSET);
    const before = message[0] === INSERT ? undefined : reader.before();
    const after = message[0] === DELETE ? undefined : reader.after(before);
    return { tag: 'row', relation, before, after };
  }

  #other(message: Pgoutput.Message): ChangeMessage {
    if (message.tag === 'relation') this.#relations.set(message.relationOid >>> 0, message);
    return message.tag === 'relation' || message.tag === 'truncate' ? message : { tag: 'other' };
  }
}
