import type { ItemField } from '../../../proto/entry/item-field.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { View } from '../../stream/views/view.js';
import { dateAt } from '../clock/shanghai-days.js';
import { maskedSample, maskedValue } from './masked-sample.js';

/** Groups of fewer records may single a person out. */
const SMALL_GROUP_MAX = 4;
const SMALL_GROUPS_MAX = 100;
const SAMPLES_MAX = 3;

export interface SmallGroup {
  /** Masked where the item is personal. */
  rows: Record<string, string | null>;
  count: number;
}

export interface TallyDeps {
  view: Pick<View, 'codec' | 'fields'>;
  /** Items by whose values records are grouped. */
  groupedBy: readonly { field: ItemField; isPersonal: boolean }[];
}

/** Values of the items that records are grouped by; undefined for a record that was deleted or has left. */
type Group = Readonly<Record<string, unknown>> | undefined;

/**
 * Adds up what a view delivers. Stretches of the log come newest first, and events in order within each, so the last event of a
 * record in the first stretch that has it says in which group the record is.
 */
export class PreviewTally {
  events = 0;
  oldestMs: number | undefined;
  readonly #months = new Map<string, number>();
  readonly #samples: { position: number; values: Record<string, string | null> }[] = [];
  readonly #groupOf = new Map<string, Group>();
  #stretch = new Map<string, Group>();

  constructor(private readonly deps: TallyDeps) {}

  add(event: ProjectedEvent): void {
    this.events++;
    const month = dateAt(event.timeMs).slice(0, 'YYYY-MM'.length);
    this.#months.set(month, (this.#months.get(month) ?? 0) + 1);
    if (this.oldestMs === undefined || event.timeMs < this.oldestMs) this.oldestMs = event.timeMs;
    const data = event.record && this.deps.view.codec.decode(event.record);
    if (data) this.#sample(event.position, data);
    if (event.subject !== undefined) this.#stretch.set(event.subject, data && this.#groupFor(data));
  }

  /** An older stretch of the log follows. */
  endStretch(): void {
    for (const [subject, group] of this.#stretch) {
      if (!this.#groupOf.has(subject)) this.#groupOf.set(subject, group);
    }
    this.#stretch = new Map();
  }

  get perMonth(): Record<string, number> {
    return Object.fromEntries([...this.#months].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** The newest records, newest first. */
  get samples(): Record<string, string | null>[] {
    return this.#samples.map(({ values }) => values);
  }

  /** The smallest first. */
  get smallGroups(): SmallGroup[] {
    const { groupedBy } = this.deps;
    if (groupedBy.length === 0) return [];
    const groups = new Map<string, { group: NonNullable<Group>; count: number }>();
    for (const group of this.#groupOf.values()) {
      if (!group) continue;
      const key = JSON.stringify(group);
      const known = groups.get(key);
      if (known) known.count++;
      else groups.set(key, { group, count: 1 });
    }
    const small = [...groups.values()].filter(({ count }) => count <= SMALL_GROUP_MAX);
    small.sort((one, other) => one.count - other.count);
    return small.slice(0, SMALL_GROUPS_MAX).map(({ group, count }) => ({ rows: this.#shown(group), count }));
  }

  #sample(position: number, data: Readonly<Record<string, unknown>>): void {
    const oldest = this.#samples.at(-1);
    if (this.#samples.length === SAMPLES_MAX && oldest && position < oldest.position) return;
    this.#samples.push({ position, values: maskedSample(data, this.deps.view.fields) });
    this.#samples.sort((one, other) => other.position - one.position);
    this.#samples.length = Math.min(this.#samples.length, SAMPLES_MAX);
  }

  #groupFor(data: Readonly<Record<string, unknown>>): Group {
    return Object.fromEntries(this.deps.groupedBy.map(({ field: { name } }) => [name, data[name] ?? null]));
  }

  #shown(group: NonNullable<Group>): Record<string, string | null> {
    const shown = this.deps.groupedBy.map(({ field, isPersonal }) => {
      const value = group[field.name] ?? null;
      return [field.name, isPersonal || value === null ? maskedValue(value, field) : String(value)];
    });
    return Object.fromEntries(shown);
  }
}
