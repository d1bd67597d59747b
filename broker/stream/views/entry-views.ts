import type { ItemField } from '../../../proto/entry/item-field.js';
import type { DeliverableEvent } from '../../../proto/event/envelope.js';
import type { DeliveredOp, RecordData } from '../../../proto/event/event.js';
import { RecordCodec } from '../../../proto/event/record.js';
import { deliveredOp } from './delivered-op.js';
import type { View } from './view.js';
import { ViewIndex } from './view-index.js';

/** Called for each view that delivers the event, with the operation that its subscribers receive. */
export type Matched<V> = (view: V, op: DeliveredOp) => void;

/** The record's values that row filters test, before and after the change; undefined where there is no record. */
export interface FilterValues {
  before: RecordData | undefined;
  now: RecordData | undefined;
}

/** All live views of one entry: finds those that deliver an event. */
export class EntryViews<V extends Pick<View, 'filter'>> {
  readonly #views = new Map<V, boolean>();
  readonly #index = new ViewIndex<V>();
  readonly #field: (name: string) => ItemField;
  #codec: RecordCodec | undefined;

  constructor(field: (name: string) => ItemField) {
    this.#field = field;
  }

  get size(): number {
    return this.#views.size;
  }

  add(view: V): void {
    if (this.#views.has(view)) return;
    this.#views.set(view, true);
    this.#index.add(view);
    this.#codec = undefined;
  }

  delete(view: V): void {
    if (!this.#views.delete(view)) return;
    this.#index.delete(view);
    this.#codec = undefined;
  }

  match(event: DeliverableEvent, matched: Matched<V>): void {
    if (event.op === 'snapshot_begin' || event.op === 'snapshot_end') {
      for (const view of this.#views.keys()) matched(view, event.op);
      return;
    }
    const values = this.#filterValues(event);
    for (const view of this.#candidates(values)) {
      const op = deliveredOp(event.op, view.filter.matches(values.before), view.filter.matches(values.now));
      if (op) matched(view, op);
    }
  }

  #candidates({ before, now }: FilterValues): Iterable<V> {
    const found = new Set<V>(this.#index.unindexed);
    const add = (view: V) => found.add(view);
    if (now) this.#index.lookUp(now, add);
    if (before) this.#index.lookUp(before, add);
    return found;
  }

  /** Decodes only items that a filter of this entry uses, once for all views. */
  #filterValues(event: DeliverableEvent): FilterValues {
    this.#codec ??= filterCodec(this.#views.keys(), this.#field);
    return filterValues(event, this.#codec);
  }
}

/** Decodes the values that filters test; `codec` comes from `filterCodec`. */
export function filterValues(event: DeliverableEvent, codec: RecordCodec): FilterValues {
  return {
    before: event.previous && codec.decode(event.previous),
    now: event.data && codec.decode(event.data),
  };
}

/** A codec for exactly the items that the filters of these views use. */
export function filterCodec(views: Iterable<Pick<View, 'filter'>>, field: (name: string) => ItemField): RecordCodec {
  const names = new Set<string>();
  for (const view of views) for (const name of view.filter.items) names.add(name);
  return new RecordCodec([...names].map(field));
}
