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
const FIRST = Buffer.from('.0');
const SECOND = Buffer.from('.1');
const NOTHING = Buffer.alloc(0);

/** Writes the events of one epoch. */
export class EventEncoder {
  readonly #writer = new EventWriter();
  /** By entry, what its events begin with: `{"specversion":"1.0","type":"…","sourceepoch":"…","id":"…:`. */
  readonly #starts = new Map<string, Buffer>();

  /** `epoch` is ASCII that JSON does not escape. */
  constructor(private readonly epoch: string) {}

  /** A change of a row; `before` is given for an update and a delete, `after` for a create and an update. */
  change(op: 'create' | 'update' | 'delete', change: EncodedChange): WrittenEvent {
    const { form, time, commit, index, ordinal, before, after } = change;
    const identifier = form.identifierOf((after ?? before)!);
    const to = this.#begin(form.entry, op, `${commit}.`, index, ordinal === 0 ? FIRST : SECOND);
    const subject = String(identifier ?? '');
    to.raw(TIME).ascii(time).raw(SUBJECT).string(subject);
    if (after) form.writeData(after, identifier, to.raw(DATA));
    if (before) form.writePrevious(before, PREVIOUS, to);
    return to.raw(CLOSE).end(form.entry, subject);
  }

  /** A row of a snapshot, the one with this index of those at an LSN. */
  row({ form, snapshotId, lsn, index, subject, row }: EncodedRow): WrittenEvent {
    const to = this.#begin(form.entry, 'snapshot', `${lsn}.0.`, index, NOTHING).raw(SNAPSHOT_ID).ascii(snapshotId);
    to.raw(SUBJECT).string(subject).raw(DATA);
    form.writeData(row, form.identifierOf(row), to);
    return to.raw(CLOSE).end(form.entry, subject);
  }

  /** The begin or the end of a snapshot. */
  edge(op: 'snapshot_begin' | 'snapshot_end', { entry, snapshotId, lsn, index }: EncodedEdge): WrittenEvent {
    const to = this.#begin(entry, op, `${lsn}.0.`, index, NOTHING).raw(SNAPSHOT_ID).ascii(snapshotId);
    return to.raw(QUOTE).raw(CLOSE).end(entry);
  }

  /** The source position is `<before><index><behind>`. */
  #begin(entry: string, op: SourceOp, before: string, index: number, behind: Buffer): EventWriter {
    const to = this.#writer.begin().raw(this.#startOf(entry));
    to.ascii(before).number(index).raw(behind).raw(AFTER_ID);
    return to.ascii(before).number(index).raw(behind).raw(AFTER_POSITION).ascii(op);
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
  /** LSN of the commit. */
  commit: string;
  /** Index of the change in its transaction, from 1. */
  index: number;
  /** 1 for the new subject of a changed key. */
  ordinal: number;
  before: RowValues | undefined;
  after: RowValues | undefined;
}

export interface EncodedRow {
  form: TableForm;
  snapshotId: string;
  lsn: string;
  index: number;
  subject: string;
  row: RowValues;
}

export interface EncodedEdge {
  entry: string;
  snapshotId: string;
  lsn: string;
  index: number;
}
