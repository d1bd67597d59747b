import { StreamedRow } from './row-values.js';

const OLD_ROW = 0x4f;
const OLD_KEY = 0x4b;
const NULL_VALUE = 0x6e;
const TEXT_VALUE = 0x74;
const UNCHANGED_TOAST = 0x75;

/** Reads the rows of an insert, update or delete message of pgoutput, which is in these bytes from behind the relation id up to `end`. */
export class RowReader {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
    private readonly end = bytes.length,
  ) {}

  /** The row before the change if the table has REPLICA IDENTITY FULL; otherwise only its key was sent, which is skipped. */
  before(): StreamedRow | undefined {
    const kind = this.bytes[this.at];
    if (kind !== OLD_ROW && kind !== OLD_KEY) return undefined;
    const row = this.#row(undefined);
    return kind === OLD_ROW ? row : undefined;
  }

  /** The row after the change. An unchanged TOAST value is sent in the row before only. */
  after(before: StreamedRow | undefined): StreamedRow {
    return this.#row(before);
  }

  #row(unchanged: StreamedRow | undefined): StreamedRow {
    const { bytes, end } = this;
    const columns = bytes.readUInt16BE(this.at + 1);
    const row = new StreamedRow(bytes, columns);
    let at = this.at + 3;
    for (let i = 0; i < columns; i++) {
      const kind = bytes[at++];
      if (kind === TEXT_VALUE) {
        const start = at + 4;
        at = start + bytes.readUInt32BE(at);
        row.setText(i, start);
      } else if (kind === NULL_VALUE) row.setNull(i);
      else if (kind === UNCHANGED_TOAST) row.setUnchanged(i, unchanged);
      else throw new TypeError(`a value of the stream has the unknown kind ${kind}`);
    }
    // Behind the message may be an earlier one.
    if (at > end) throw new RangeError('a row of the stream is cut off');
    this.at = at;
    return row;
  }
}
