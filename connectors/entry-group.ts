import type { SourceEvent } from '../proto/event.js';
import type { ChangeBatch } from './source.js';

/** What one round publishes on one entry: parts of batches, in order, that no reader may see half of where they are together. */
export interface EntryGroup {
  entry: string;
  parts: { events: SourceEvent[]; together: boolean }[];
}

/** The bus's own bound of an atomic batch; one request then fits into one commit. */
const GROUP_EVENTS_MAX = 1_000;
/** A round beyond it only makes its confirmation later. */
const ROUND_BATCHES_MAX = 4_000;

/** The longest run of batches from the front of which no entry has more than a thousand events, one group per entry. */
export function groupByEntry(waiting: readonly ChangeBatch[]): { batches: ChangeBatch[]; groups: EntryGroup[] } {
  const groups = new Map<string, EntryGroup & { size: number }>();
  const batches: ChangeBatch[] = [];
  for (const batch of waiting.slice(0, ROUND_BATCHES_MAX)) {
    const parts = partsOf(batch);
    const overfull = [...parts].some(([entry, events]) => {
      const size = groups.get(entry)?.size ?? 0;
      return size > 0 && size + events.length > GROUP_EVENTS_MAX;
    });
    if (overfull) break;
    for (const [entry, events] of parts) {
      const group = groups.get(entry) ?? { entry, parts: [], size: 0 };
      group.parts.push({ events, together: batch.together });
      group.size += events.length;
      groups.set(entry, group);
    }
    batches.push(batch);
  }
  return { batches, groups: [...groups.values()] };
}

function partsOf({ events }: ChangeBatch): Map<string, SourceEvent[]> {
  const parts = new Map<string, SourceEvent[]>();
  for (const event of events) {
    const part = parts.get(event.type);
    if (part) part.push(event);
    else parts.set(event.type, [event]);
  }
  return parts;
}
