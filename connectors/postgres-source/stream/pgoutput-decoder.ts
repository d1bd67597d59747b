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
/** Small enough that a row which is kept for long keeps little else. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Decodes messages of pgoutput. Those that come per row or per transaction are read here: the library's objects, with a property per
 * column, were more than half of the CPU time of a row. The library reads the others.
 */
export class PgoutputDecoder {
  readonly #plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [] });
  readonly #relations = new Map<number, Pgoutput.MessageRelation>();
  /** Rows one behind the other, until they are published. */
  #block = Buffer.alloc(0);
  #used = 0;

  /** Decodes the message that stands in these bytes from the given one on. */
  decode(bytes: Buffer, from = 0): ChangeMessage {
    switch (bytes[from]) {
      case BEGIN:
        return {
          tag: 'begin',
          commitLsn: bytes.readBigUInt64BE(from + 1),
          commitMs: fromPostgresTime(bytes.readBigInt64BE(from + 9)),
          xid: bytes.readUInt32BE(from + 17),
        };
      case COMMIT:
        return { tag: 'commit', endLsn: bytes.readBigUInt64BE(from + 10) };
      case INSERT:
      case UPDATE:
      case DELETE:
        return this.#row(bytes, from);
      default:
        return this.#other(this.#plugin.parse(bytes.subarray(from)));
    }
  }

  #row(bytes: Buffer, from: number): ChangeMessage {
    const relation = this.#relations.get(bytes.readUInt32BE(from + 1));
    if (!relation) throw new TypeError('the stream has a row of a relation that it did not describe');
    const kind = bytes[from];
    const start = this.#keep(bytes, from);
    const reader = new RowReader(this.#block, start + ROW_OFFSET, this.#used);
    const before = kind === INSERT ? undefined : reader.before();
    const after = kind === DELETE ? undefined : reader.after(before);
    return { tag: 'row', relation, before, after };
  }

  /**
   * Copies a message, because the connection writes over its memory; returns where it is in the block. A buffer for each row would be an
   * object that outlives the small collections.
   */
  #keep(bytes: Buffer, from: number): number {
    const length = bytes.length - from;
    if (this.#used + length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, length));
      this.#used = 0;
    }
    const start = this.#used;
    bytes.copy(this.#block, start, from);
    this.#used += length;
    return start;
  }

  #other(message: Pgoutput.Message): ChangeMessage {
    if (message.tag === 'relation') this.#relations.set(message.relationOid >>> 0, message);
    return message.tag === 'relation' || message.tag === 'truncate' ? message : { tag: 'other' };
  }
}
