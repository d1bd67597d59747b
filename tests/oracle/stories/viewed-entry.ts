import { canonicalRows } from '../../../broker/grants/canonical-rows.js';
import { EntryViews } from '../../../broker/stream/views/entry-views.js';
import { View, viewKey } from '../../../broker/stream/views/view.js';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import type { GrantDocument } from '../../../proto/entry/grant.js';
import { fieldOf } from '../../../proto/entry/item-field.js';
import { decodeDeliverable, encodeEnvelope } from '../../../proto/event/envelope.js';
import type { DeliveredEvent, SourceEvent } from '../../../proto/event/event.js';
import { RecordCodec } from '../../../proto/event/record.js';
import { toDeliveredEvent } from '../../../proto/frames/event-encoder.js';
import type { Scenario } from './scenario.js';
import type { Story } from './story.js';

export const VIEWS_SECRET = 'a secret of the views, long enough';

/** The broker's views of all grants of a scenario, fed with stored events: no server, no session, no waiting. */
export class ViewedEntry {
  readonly grants: GrantDocument[];
  readonly #views: View[];
  readonly #matching: EntryViews<View>;
  readonly #codec: RecordCodec;
  readonly #filterable: RecordCodec;

  constructor(scenario: Scenario, story: Story) {
    const items = story.entry.items.map(numbered);
    const item = (name: string): NumberedItem => items.find((one) => one.name === name) as NumberedItem;
    this.#codec = new RecordCodec(items.map(fieldOf));
    this.#filterable = new RecordCodec(items.filter((one) => one.filterable).map(fieldOf));
    this.#matching = new EntryViews((name) => fieldOf(item(name)));
    this.grants = scenario.grants.map((grant, index) => ({
      id: `g${index}`,
      system: 'audience',
      entry: story.entry.id,
      items: grant.items,
      rows: grant.rows,
      purpose: 'a test',
      basis: 'a test',
      period: { from: '2020-01-01', to: '2099-12-31' },
    }));
    this.#views = this.grants.map((grant) => {
      const rows = canonicalRows(grant.rows ?? {}, { items } as EntryVersion);
      const source = { grant, rows, narrow: {}, item, secret: VIEWS_SECRET };
      return new View(viewKey(source), story.entry.id, source);
    });
    for (const view of this.#views) this.#matching.add(view);
  }

  /** Returns what each grant delivers of the event, in the order of the grants. */
  seen(event: SourceEvent, position: number): (DeliveredEvent | undefined)[] {
    const stored = decodeDeliverable(this.#stored(event));
    const seen: (DeliveredEvent | undefined)[] = this.#views.map(() => undefined);
    this.#matching.match(stored, (view, op) => {
      seen[this.#views.indexOf(view)] = toDeliveredEvent(view.project(position, stored, op), view.codec);
    });
    return seen;
  }

  #stored({ op, id, subject, data, previous, snapshotid, corrects }: SourceEvent): Uint8Array {
    return encodeEnvelope({
      op,
      entryVersion: 1,
      acceptedAtMs: 0,
      keyId: 0,
      sourceId: id,
      subject,
      data: data && this.#codec.encode(data),
      previous: previous && this.#filterable.encode(previous),
      snapshotId: snapshotid,
      corrects,
    });
  }
}

/** Numbers differ from the order of the items, since a number is no index. */
const numbered = (item: Omit<NumberedItem, 'number'>, index: number, all: unknown[]): NumberedItem => ({
  ...item,
  number: 3 * (all.length - index),
});
