import type { DeliveredOp, SourceOp } from '../../../proto/event/event.js';

/**
 * The operation that a subscriber receives for a change, given whether its row filter matched the record before and
 * after it; undefined when it receives nothing. A record whose values a filter cannot judge counts as not matched.
 */
export function deliveredOp(op: SourceOp, matchedBefore: boolean, matchesNow: boolean): DeliveredOp | undefined {
  switch (op) {
    case 'create':
      return matchesNow ? 'create' : undefined;
    case 'snapshot':
      return matchesNow ? 'snapshot' : undefined;
    case 'delete':
      return matchedBefore ? 'delete' : undefined;
    case 'update':
    case 'correction':
      if (matchesNow) return matchedBefore ? op : 'enter';
      return matchedBefore ? 'leave' : undefined;
    case 'snapshot_begin':
    case 'snapshot_end':
      return op;
  }
}

/** `leave` and `delete` carry the key alone; the marks around a snapshot have no record at all. */
export function carriesData(op: DeliveredOp): boolean {
  return op !== 'leave' && op !== 'delete' && op !== 'snapshot_begin' && op !== 'snapshot_end';
}
