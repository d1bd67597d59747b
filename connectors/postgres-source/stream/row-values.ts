import type { ColumnText } from '../../runtime/mapping/item-value.js';
import type { EventWriter } from '../../runtime/source/event-writer.js';

/** Column values of a row in PostgreSQL's text form, by the index of the column in the table or the statement. */
export interface RowValues {
  readonly columns: number;
  /** Null for a null, undefined for an unchanged TOAST value that was not sent. */
  text(column: number): ColumnText;
  has(column: number): boolean;
  /** Writes a value that is there as a string of JSON. */
  write(column: number, to: EventWriter): void;
}

/** A row of a statement. */
export class SelectedRow implements RowValues {
  constructor(private readonly texts: readonly ColumnText[]) {}

  get columns(): number {
    return this.texts.length;
  }

  text(column: number): ColumnText {
    return this.texts[column];
  }

  has(column: number): boolean {
    const text = this.texts[column];
    return text !== null && text !== undefined;
  }

  write(column: number, to: EventWriter): void {
    to.string(this.texts[column]!);
  }
}

const NULL = -1;
const UNCHANGED = -2;
const LENGTH_BYTES = 4;

/** A row of the stream: a value becomes a string where one is needed. */
export class StreamedRow implements RowValues {
  /** Offset of each value, behind its length; negative for one that is not there. */
  readonly #starts: number[];

  /** `bytes` hold the values, which must not be changed afterwards. */
  constructor(
    private readonly bytes: Buffer,
    readonly columns: number,
  ) {
    this.#starts = new Array(columns);
  }

  text(column: number): ColumnText {
    const start = this.#starts[column];
    if (start === undefined || start === UNCHANGED) return undefined;
    return start === NULL ? null : this.bytes.toString('utf8', start, this.#endOf(start));
  }

  has(column: number): boolean {
    const start = this.#starts[column];
    return start !== undefined && start >= 0;
  }

  write(column: number, to: EventWriter): void {
    const start = this.#starts[column]!;
    to.utf8(this.bytes, start, this.#endOf(start));
  }

  setText(column: number, start: number): void {
    this.#starts[column] = start;
  }

  setNull(column: number): void {
    this.#starts[column] = NULL;
  }

  /** An unchanged TOAST value, which is sent in the row before the change only. */
  setUnchanged(column: number, before: StreamedRow | undefined): void {
    this.#starts[column] = before ? (before.#starts[column] ?? UNCHANGED) : UNCHANGED;
  }

  #endOf(start: number): number {
    return start + this.bytes.readUInt32BE(start - LENGTH_BYTES);
  }
}
