import type { SourceOp } from '../../../proto/event/event.js';
import { EventWriter, type WrittenEvent } from '../../runtime/source/event-writer.js';
import type { RowValues } from './row-values.js';
import type { TableForm } from './table-form.js';

const AFTER_ID = Buffer.from('","sourceposition":"');
const AFTER_POSITION = Buffer.from('","op":"');
const TIME = Buffer.from('","time":"');
const SNAPSHOT_ID = Buffer.from('","snapshotid":"');
const QUOTE = Buffer.from('"');
const SUBJECT = Buffer.from('","subject":');
const DATA = Buffer.from(',"data":');
const PREVIOUS = Buffer.from(',"previous":');
const CLOSE = Buffer.from('}');

/** Writes the events of one epoch. */
export class EventEncoder {
  readonly #writer = new EventWriter();
  /** By entry, what its events begin with: `{"specversion":"1.0","type":"…","sourceepoch":"…","id":"…:`. */
  readonly #starts = new Map<string, Buffer>();

  /** `epoch` is ASCII that JSON does not escape. */
  constructor(private readonly epoch: string) {}

  /** A change of a row; `before` is given for an update and a delete, `after` for a create and an update. */
  change(op: 'create' | 'update' | 'delete', { form, time, position, before, after }: EncodedChange): WrittenEvent {
    const identifier = form.identifierOf((after ?? before)!);
    const subject = String(identifier ?? '');
    const to = this.#begin(form.entry, op, position).raw(TIME).ascii(time).raw(SUBJECT).string(subject);
    if (after) form.writeData(after, identifier, to.raw(DATA));
    if (before) form.writePrevious(before, PREVIOUS, to);
    return this.#end(form.entry, position, subject);
  }

  /** A row of a snapshot. */
  row({ form, snapshotId, position, subject, row }: EncodedRow): WrittenEvent {
    const to = this.#begin(form.entry, 'snapshot', position).raw(SNAPSHOT_ID).ascii(snapshotId);
    to.raw(SUBJECT).string(subject).raw(DATA);
    form.writeData(row, form.identifierOf(row), to);
    return this.#end(form.entry, position, subject);
  }

  /** The begin or the end of a snapshot. */
  edge(op: 'snapshot_begin' | 'snapshot_end', entry: string, snapshotId: string, position: string): WrittenEvent {
    this.#begin(entry, op, position).raw(SNAPSHOT_ID).ascii(snapshotId).raw(QUOTE);
    return this.#end(entry, position, undefined);
  }

  #begin(entry: string, op: SourceOp, position: string): EventWriter {
    const to = this.#writer.begin().raw(this.#startOf(entry));
    return to.ascii(position).raw(AFTER_ID).ascii(position).raw(AFTER_POSITION).ascii(op);
  }

  #end(entry: string, position: string, subject: string | undefined): WrittenEvent {
    this.#writer.raw(CLOSE);
    return this.#writer.end({ id: `${this.epoch}:${position}`, type: entry, subject, sourceposition: position });
  }

  #startOf(entry: string): Buffer {
    let start = this.#starts.get(entry);
    if (!start) {
      const fields = JSON.stringify({ specversion: '1.0', type: entry, sourceepoch: this.epoch });
      start = Buffer.from(`${fields.slice(0, -1)},"id":"${this.epoch}:`);
      this.#starts.set(entry, start);
    }
    return start;
  }
}

export interface EncodedChange {
  form: TableForm;
  time: string;
  position: string;
  before: RowValues | undefined;
  after: RowValues | undefined;
}

export interface EncodedRow {
  form: TableForm;
  snapshotId: string;
  position: string;
  subject: string;
  row: RowValues;
}
