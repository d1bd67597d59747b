import type { AcceptedEvent } from '../../../broker/leak-check/allowed/allowed-events.js';
import type { EntryDocument, Item } from '../../../proto/entry/entry.js';
import type { ItemValue, RecordData, SourceEvent } from '../../../proto/event/event.js';
import type { Publisher } from '../model/model-intake.js';
import { faulty } from './faulty-event.js';
import type { Change, Scenario, ScenarioItem } from './scenario.js';
import { keyOf, valueAt } from './value-pools.js';

/** The source department of a scenario: turns its changes into events, knowing the present values of its records. */
export class Story {
  readonly versions: EntryDocument[];
  readonly accepted: AcceptedEvent[] = [];
  readonly #held = new Map<number, RecordData>();
  #ids = 0;
  #sourcePosition = 1;
  #snapshots = 0;

  constructor(
    readonly scenario: Scenario,
    readonly entryId: string,
    readonly publisher: Publisher,
  ) {
    this.versions = [this.#version('first')];
  }

  get entry(): EntryDocument {
    return this.versions.at(-1) as EntryDocument;
  }

  /** False when the entry has its second version already, or would not change by it. */
  upgrade(): boolean {
    if (this.versions.length > 1) return false;
    const second = this.#version('second');
    if (JSON.stringify(second) === JSON.stringify(this.entry)) return false;
    this.versions.push(second);
    return true;
  }

  /** Events of one step, in order; repeated ones come again at the end. */
  changes(changes: readonly Change[], times: number): SourceEvent[] {
    const events: SourceEvent[] = [];
    for (let time = 0; time < times; time++) {
      const written = changes.map((change) => this.#event(change));
      events.push(...written, ...written.filter((_, index) => changes[index]?.repeated));
    }
    return events;
  }

  snapshot(changes: readonly Change[]): SourceEvent[] {
    const snapshotid = `s${++this.#snapshots}`;
    const mark = (op: 'snapshot_begin' | 'snapshot_end') => ({ ...this.#blank(op), snapshotid });
    const records = changes.map((change) => {
      const data = this.#data(change);
      return { ...this.#blank('snapshot'), subject: String(data.key), data, snapshotid };
    });
    return [mark('snapshot_begin'), ...records, mark('snapshot_end')];
  }

  /** An event that every follower of the entry receives, whatever its row filter. */
  marker(snapshotid: string): SourceEvent {
    return { ...this.#blank('snapshot_end'), snapshotid };
  }

  #version(version: 'first' | 'second'): EntryDocument {
    const items = this.scenario.items.filter(({ versions }) => versions === 'both' || versions === version);
    return {
      id: this.entryId,
      name: { en: `entry of a story` },
      sharingAttribute: 'unconditional',
      items: items.map(({ item }) => item),
    };
  }

  #event(change: Change): SourceEvent {
    const event = this.#changeOf(change);
    if (change.sourcePosition)
      Object.assign(event, { sourceepoch: 'e', sourceposition: this.#positionOf(change.sourcePosition) });
    return change.fault ? faulty(event, change.fault, this.entry) : event;
  }

  #changeOf(change: Change): SourceEvent {
    const corrects = change.op === 'correction' ? this.accepted.at(-1)?.position : undefined;
    const op = change.op === 'correction' && corrects === undefined ? 'update' : change.op;
    const event = this.#blank(op);
    const held = this.#held.get(change.record) ?? {};
    if (op !== 'create' && this.#filterable.length > 0) event.previous = this.#previous(change, held);
    if (corrects !== undefined) event.corrects = corrects;
    event.subject = String(keyOf(this.#identifier, change.record));
    if (op === 'delete') this.#held.delete(change.record);
    else {
      event.data = this.#data(change);
      this.#held.set(change.record, event.data);
    }
    return event;
  }

  #previous(change: Change, held: RecordData): RecordData {
    const previous: RecordData = {};
    for (const [index, item] of this.#filterable.entries()) {
      const value = item.identifier ? keyOf(item, change.record) : held[item.name];
      const isWritten = change.previous === 'true' || (change.previous === 'partial' && index % 2 === 0);
      if (value !== undefined && isWritten) previous[item.name] = value;
    }
    return previous;
  }

  #data(change: Change): RecordData {
    const data: RecordData = {};
    for (const [index, { item }] of this.scenario.items.entries()) {
      const value = this.#valueOf(item, change, index);
      if (value !== undefined && this.entry.items.includes(item)) data[item.name] = value;
    }
    return data;
  }

  #valueOf(item: Item, change: Change, index: number): ItemValue | undefined {
    return item.identifier ? keyOf(item, change.record) : valueAt(item, change.values[index] ?? 0);
  }

  #blank(op: SourceEvent['op']): SourceEvent {
    return { specversion: '1.0', id: `e${++this.#ids}`, type: this.entryId, op };
  }

  /** `back` returns a source position that was processed before. */
  #positionOf(sourcePosition: NonNullable<Change['sourcePosition']>): string {
    if (sourcePosition === 'next') this.#sourcePosition++;
    const number = sourcePosition === 'back' ? Math.max(1, this.#sourcePosition - 1) : this.#sourcePosition;
    return `${number >> 1}.${9 + (number & 1)}`;
  }

  get #identifier(): Item {
    return (this.scenario.items[0] as ScenarioItem).item;
  }

  get #filterable(): Item[] {
    return this.entry.items.filter((item) => item.filterable);
  }
}
