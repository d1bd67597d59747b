import { StreamedRow } from './row-values.js';

const OLD_ROW = 0x4f;
const OLD_KEY = 0x4b;
const NULL_VALUE = 0x6e;
const TEXT_VALUE = 0x74;
const UNCHANGED_TOAST = 0x75;

/** Reads the rows of an insert, update or delete message of pgoutput, starting after the relation id. */
export class RowReader {
  constructor(
    private readonly message: Buffer,
    private at: number,
  ) {}

  /** The row before the change if the table has REPLICA IDENTITY FULL; otherwise only its key was sent, which is skipped. */
  before(): StreamedRow | undefined {
    const kind = this.message[this.at];
    if (kind !== OLD_ROW && kind !== OLD_KEY) return undefined;
    const row = this.#row(undefined);
    return kind === OLD_ROW ? row : undefined;
  }

  /** The row after the change. An unchanged TOAST value is sent in the row before only. */
  after(before: StreamedRow | undefined): StreamedRow {
    return this.#row(before);
  }

  #row(unchanged: StreamedRow | undefined): StreamedRow {
    const { message } = this;
    const columns = message.readUInt16BE(this.at + 1);
    const row = new StreamedRow(message, columns);
    let at = this.at + 3;
    for (let i = 0; i < columns; i++) {
      const kind = message[at++];
      if (kind === TEXT_VALUE) {
        const start = at + 4;
        at = start + message.readUInt32BE(at);
        if (at > message.length) throw new RangeError('a row of the stream is cut off');
        row.setText(i, start);
      } else if (kind === NULL_VALUE) row.setNull(i);
      else if (kind === UNCHANGED_TOAST) row.setUnchanged(i, unchanged);
      else throw new TypeError(`a value of the stream has the unknown kind ${kind}`);
    }
    this.at = at;
    return row;
  }
}
