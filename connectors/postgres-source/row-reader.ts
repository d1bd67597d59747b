import type { ColumnText } from '../runtime/mapping/item-value.js';

/** The columns of a row in the order of its table, as PostgreSQL writes them; undefined for a large one that it did not send. */
export type RowTexts = ColumnText[];

const OLD_ROW = 0x4f;
const OLD_KEY = 0x4b;
const NULL = 0x6e;
const TEXT = 0x74;
const UNCHANGED = 0x75;

/** Reads the rows of an insert, update or delete message of pgoutput, from behind the number of its table. */
export class RowReader {
  constructor(
    private readonly message: Buffer,
    private at: number,
  ) {}

  /** The row before the change, of a table with REPLICA IDENTITY FULL; of another only its key was sent, which is passed over. */
  before(): RowTexts | undefined {
    const kind = this.message[this.at];
    if (kind !== OLD_ROW && kind !== OLD_KEY) return undefined;
    const row = this.#row(undefined);
    return kind === OLD_ROW ? row : undefined;
  }

  /** The row after the change. A large value that did not change is sent in the row before only. */
  after(before: RowTexts | undefined): RowTexts {
    return this.#row(before);
  }

  #row(unchanged: RowTexts | undefined): RowTexts {
    const { message } = this;
    const columns = message.readUInt16BE(this.at + 1);
    const row: RowTexts = [];
    let at = this.at + 3;
    for (let i = 0; i < columns; i++) {
      const kind = message[at++];
      if (kind === TEXT) {
        const start = at + 4;
        at = start + message.readUInt32BE(at);
        if (at > message.length) throw new RangeError('a row that is cut off');
        row.push(message.toString('utf8', start, at));
      } else if (kind === NULL) row.push(null);
      else if (kind === UNCHANGED) row.push(unchanged?.[i]);
      else throw new TypeError(`a value of an unknown form: ${kind}`);
    }
    this.at = at;
    return row;
  }
}
