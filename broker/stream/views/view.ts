import { createHash } from 'node:crypto';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import type { GrantDocument, GrantedItem } from '../../../proto/entry/grant.js';
import { fieldOf, type ItemField } from '../../../proto/entry/item-field.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { DeliverableEvent } from '../../../proto/event/envelope.js';
import type { DeliveredOp } from '../../../proto/event/event.js';
import { RecordCodec } from '../../../proto/event/record.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { DeliveredItem } from '../../../proto/frames/frames.js';
import { carriesData } from './delivered-op.js';
import { canFilter } from './filter-history.js';
import { Projection, type TransformedField } from './projection.js';
import { RowFilter } from './row-filter.js';
import { hashFor, maskWith, type StringTransform, yearOf } from './transform.js';

/** The input of a view: a grant and the narrowing of a subscription. */
export interface ViewSource {
  grant: GrantDocument;
  /** `rows` and `narrow` are in canonical form, so that equal filters have equal keys. */
  rows: Rows;
  narrow: Rows;
  /** Returns the newest definition of an item, also of one that the published version has dropped. */
  item(name: string): NumberedItem;
  /** The secret of the bus, from which the keys of hashed items are derived. */
  secret: string;
}

/** A source with the key of its view, as the version of the entry for which it was made defines the items. */
export interface KeyedSource extends ViewSource {
  readonly key: string;
}

/** A compiled grant: which records are delivered, and which items of them. Equal grants have equal keys and share one view. */
export class View {
  readonly filter: RowFilter;
  readonly fields: ItemField[] = [];
  readonly codec: RecordCodec;
  readonly #projection: Projection;
  readonly #subject: StringTransform | undefined;

  constructor(
    readonly key: string,
    readonly entry: string,
    private readonly source: ViewSource,
  ) {
    this.filter = new RowFilter([source.rows, source.narrow], (name) => fieldOf(source.item(name)));
    const plain: number[] = [];
    const transformed: TransformedField[] = [];
    for (const granted of source.grant.items) {
      const item = source.item(granted.name);
      const transform = transformOf(granted, item, source);
      if (transform) transformed.push({ field: fieldOf(item), transform });
      else plain.push(item.number);
      if (item.identifier) this.#subject = transform;
      this.fields.push(deliveredField(granted, item));
    }
    this.#projection = new Projection(plain, transformed);
    this.codec = new RecordCodec(this.fields);
  }

  /** A stored event as subscribers receive it, once `deliveredOp` has returned `op`. */
  project(position: number, event: DeliverableEvent, op: DeliveredOp): ProjectedEvent {
    const { subject } = event;
    return {
      entry: this.entry,
      position,
      timeMs: event.acceptedAtMs,
      op,
      subject: subject !== undefined && this.#subject ? this.#subject(subject) : subject,
      record: carriesData(op) && event.data ? this.#projection.project(event.data) : undefined,
      // Delivered as the source chose it: docs/decisions/0015.
      snapshotId: event.snapshotId,
      corrects: op === 'correction' ? event.corrects : undefined,
    };
  }

  /** False once a newer version of the entry demands other transforms than the compiled ones, or cannot be filtered alike. */
  isCurrent(published: EntryVersion): boolean {
    return canFilter(published, this.filter.items) && viewKey(this.source) === this.key;
  }

  get items(): DeliveredItem[] {
    return this.fields.map(({ name, number, type, list }) =>
      list ? { name, number, type, list } : { name, number, type },
    );
  }
}

/** Equal for grants that deliver the same; the order of items and predicates does not matter. */
export function viewKey(source: ViewSource): string {
  const items = source.grant.items
    .map(({ name, transform }) => [
      name,
      transform ?? '',
      transform === 'mask' ? source.item(name).maskRule : undefined,
    ])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  const hashed = source.grant.items.some((item) => item.transform === 'hash');
  const parts = JSON.stringify([
    source.grant.entry,
    items,
    source.rows,
    source.narrow,
    // Hashes are keyed by grant, so a view with a hashed item is never shared.
    hashed ? source.grant.id : '',
  ]);
  return createHash('sha256').update(parts).digest('base64url');
}

function transformOf(granted: GrantedItem, item: NumberedItem, source: ViewSource): StringTransform | undefined {
  switch (granted.transform) {
    case undefined:
      return undefined;
    case 'mask':
      return maskWith(item.maskRule);
    case 'hash':
      return hashFor(source.secret, source.grant.id);
    case 'year':
      return yearOf;
  }
}

/** Transforms return strings, whatever the type of the item. */
function deliveredField(granted: GrantedItem, item: NumberedItem): ItemField {
  const field = fieldOf(item);
  return granted.transform ? { ...field, type: 'string' } : field;
}
