import type { EntryDocument, Item } from '../../../proto/entry/entry.js';
import type { ItemValue, SourceEvent } from '../../../proto/event/event.js';
import type { Fault } from './scenario.js';

/** Returns the event with one fault. Where the fault does not apply the event stays right, which the model recognises. */
export function faulty(event: SourceEvent, fault: Fault, entry: EntryDocument): SourceEvent {
  switch (fault) {
    case 'foreign entry':
      return { ...event, type: `foreign.${event.type.split('.')[1]}` };
    case 'unknown entry':
      return { ...event, type: `${event.type}-unknown` };
    case 'foreign source':
      return { ...event, source: '/somebody/else' };
    case 'bad id':
      return { ...event, id: `${event.id}\u0007` };
    case 'no previous':
      return without(event, 'previous');
    case 'no data':
      return without(event, 'data');
    case 'other subject':
      return { ...event, subject: `${event.subject}-other` };
    case 'no identifier':
      return event.data ? { ...event, data: without(event.data, 'key') } : event;
    case 'unknown item':
      return event.data ? { ...event, data: { ...event.data, noSuchItem: 'x' } } : event;
    case 'wrong type':
      return withWrongType(event, entry);
    case 'hidden previous':
      return withHiddenPrevious(event, entry);
  }
}

function without<T extends object>(object: T, name: keyof T): T {
  const { [name]: _left, ...rest } = object;
  return rest as T;
}

function withWrongType(event: SourceEvent, entry: EntryDocument): SourceEvent {
  const item = entry.items.find((one) => !one.identifier);
  return item && event.data ? { ...event, data: { ...event.data, [item.name]: wrongFor(item) } } : event;
}

function wrongFor(item: Item): ItemValue {
  if (item.list) return item.type === 'boolean' ? 'no list' : true;
  // A decimal may be sent as a number.
  if (item.type === 'decimal') return true;
  return item.type === 'string' || item.type === 'date' || item.type === 'code' ? 1.5 : 'x';
}

/** A source may send more previous values than it must: those of items that are not filterable play no part. */
function withHiddenPrevious(event: SourceEvent, entry: EntryDocument): SourceEvent {
  const item = entry.items.find((one) => !one.filterable);
  const value = item && event.data?.[item.name];
  if (!item || !event.previous || value === undefined || value === null) return event;
  return { ...event, previous: { ...event.previous, [item.name]: value } };
}
