import type { DeliveredOp, SourceOp } from '../../../proto/event/event.js';

/**
 * What a subscriber is told, by whether its row filter matched the record before and after the change. Undefined:
 * nothing is sent. What can't be decided counts as not matched.
 */
export function decide(op: SourceOp, matchedBefore: boolean, matchesNow: boolean): DeliveredOp | undefined {
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

/** `leave` and `delete` tell the key only; the marks of a snapshot have no record at all. */
export function carriesData(op: DeliveredOp): boolean {
  return op !== 'leave' && op !== 'delete' && op !== 'snapshot_begin' && op !== 'snapshot_end';
}
