import type { SourceEvent } from '../proto/event.js';
import type { ChangeBatch } from './source.js';

/** An event encoded once, however often it has to be sent. */
export interface EncodedEvent {
  event: SourceEvent;
  text: string;
  bytes: number;
}

/** Those of one batch on one entry; `together`: no reader may see half of them. */
export interface GroupPart {
  events: EncodedEvent[];
  together: boolean;
}

/** What one round publishes on one entry, in order. */
export interface EntryGroup {
  parts: GroupPart[];
  events: number;
  bytes: number;
}

/** The bus's own bounds: an atomic batch of 1,000 events, a request of 16 MiB with room for what JSON adds. */
export const REQUEST_EVENTS_MAX = 1_000;
export const REQUEST_BYTES_MAX = 12 * 1024 * 1024;
/** A round beyond it only makes its confirmation later. */
const ROUND_BATCHES_MAX = 4_000;

/** The longest run of batches from the front of which the events of each entry fit one request, one group per entry. */
export function groupByEntry(waiting: readonly ChangeBatch[]): { batches: ChangeBatch[]; groups: EntryGroup[] } {
  const groups = new Map<string, EntryGroup>();
  const batches: ChangeBatch[] = [];
  for (const batch of waiting.slice(0, ROUND_BATCHES_MAX)) {
    const parts = partsOf(batch);
    if ([...parts].some(([entry, part]) => !hasRoom(groups.get(entry), part))) break;
    for (const [entry, part] of parts) addTo(groups, entry, part);
    batches.push(batch);
  }
  return { batches, groups: [...groups.values()] };
}

const bytesOf = ({ events }: GroupPart): number => events.reduce((sum, { bytes }) => sum + bytes, 0);

/** What is alone is always taken: one that fits no request is sent in several. */
function hasRoom(group: EntryGroup | undefined, part: GroupPart): boolean {
  if (!group) return true;
  return group.events + part.events.length <= REQUEST_EVENTS_MAX && group.bytes + bytesOf(part) <= REQUEST_BYTES_MAX;
}

function addTo(groups: Map<string, EntryGroup>, entry: string, part: GroupPart): void {
  const group = groups.get(entry) ?? { parts: [], events: 0, bytes: 0 };
  group.parts.push(part);
  group.events += part.events.length;
  group.bytes += bytesOf(part);
  groups.set(entry, group);
}

function partsOf({ events, together }: ChangeBatch): Map<string, GroupPart> {
  const parts = new Map<string, GroupPart>();
  for (const event of events) {
    const text = JSON.stringify(event);
    const encoded = { event, text, bytes: Buffer.byteLength(text) + 1 };
    const part = parts.get(event.type);
    if (part) part.events.push(encoded);
    else parts.set(event.type, { events: [encoded], together });
  }
  return parts;
}
