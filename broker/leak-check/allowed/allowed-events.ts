import type { EntryDocument, Item } from '../../../proto/entry/entry.js';
import type { GrantDocument } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { DeliveredEvent, DeliveredOp, RecordData, SourceEvent } from '../../../proto/event/event.js';
import { type ItemTypes, matchesRows } from './allowed-rows.js';
import { transformed } from './allowed-values.js';

/** An event that the bus has acknowledged. */
export interface AcceptedEvent {
  event: SourceEvent;
  position: number;
}

/** The parts of a delivered event that the model can know; the acceptance time is not among them. */
export type ExpectedEvent = Omit<DeliveredEvent, 'time'>;

export interface ModelGrant {
  grant: Pick<GrantDocument, 'id' | 'items' | 'rows'>;
  narrow?: Rows | undefined;
  /** Every version of the entry so far, oldest first. */
  versions: readonly EntryDocument[];
  /** The bus's secret. */
  secret: string;
}

/** Returns exactly what a subscription that reads all these events must receive, in order. */
export function expectedEvents(accepted: readonly AcceptedEvent[], view: ModelGrant): ExpectedEvent[] {
  const items = new Map(view.versions.flatMap((version) => version.items.map((item) => [item.name, item])));
  const types = new Map([...items].map(([name, item]) => [name, item.type]));
  return accepted.flatMap((one) => expectedEvent(one, view, items, types) ?? []);
}

function expectedEvent(
  { event, position }: AcceptedEvent,
  view: ModelGrant,
  items: ReadonlyMap<string, Item>,
  types: ItemTypes,
): ExpectedEvent | undefined {
  const op = deliveredOp(event, view, types);
  if (op === undefined) return undefined;
  const expected: ExpectedEvent = { id: `${event.type}@${position}`, position, type: event.type, op };
  if (op !== 'snapshot_begin' && op !== 'snapshot_end') expected.subject = deliveredSubject(event, view, items);
  if (op !== 'leave' && op !== 'delete' && event.data) expected.data = deliveredData(event.data, view, items);
  if (event.snapshotid !== undefined) expected.snapshotid = event.snapshotid;
  if (op === 'correction' && event.corrects !== undefined) expected.corrects = event.corrects;
  return expected;
}

/** Returns undefined when the subscriber receives nothing. */
function deliveredOp(event: SourceEvent, view: ModelGrant, types: ItemTypes): DeliveredOp | undefined {
  const isIn = (record: RecordData | undefined): boolean =>
    matchesRows(view.grant.rows ?? {}, types, record) && matchesRows(view.narrow ?? {}, types, record);
  const wasIn = isIn(event.previous);
  switch (event.op) {
    case 'snapshot_begin':
    case 'snapshot_end':
      return event.op;
    case 'create':
    case 'snapshot':
      return isIn(event.data) ? event.op : undefined;
    case 'delete':
      return wasIn ? 'delete' : undefined;
    case 'update':
    case 'correction':
      if (wasIn) return isIn(event.data) ? event.op : 'leave';
      return isIn(event.data) ? 'enter' : undefined;
  }
}

function deliveredSubject(event: SourceEvent, view: ModelGrant, items: ReadonlyMap<string, Item>): string {
  const granted = view.grant.items.find(({ name }) => items.get(name)?.identifier);
  const item = granted && items.get(granted.name);
  const subject = event.subject ?? String(event.data?.[granted?.name ?? '']);
  if (!granted || !item) throw new TypeError('a grant always names the identifier');
  return transformed(subject, granted.transform, item, { secret: view.secret, grant: view.grant.id }) as string;
}

function deliveredData(data: RecordData, view: ModelGrant, items: ReadonlyMap<string, Item>): RecordData {
  const delivered: RecordData = {};
  for (const { name, transform } of view.grant.items) {
    const value = data[name];
    const item = items.get(name);
    const isAbsent = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    if (isAbsent || !item) continue;
    delivered[name] = transformed(value, transform, item, { secret: view.secret, grant: view.grant.id });
  }
  return delivered;
}
