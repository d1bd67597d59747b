import { isDeepStrictEqual } from 'node:util';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { Run } from './raw-client/raw-follower.js';

/** A subscriber received an acknowledged event again, or another event under the same position. */
export class WrongRepeatError extends Error {
  override readonly name = 'WrongRepeatError';
}

/**
 * Merges the events of all runs of a follower by position. After a loss events may be delivered again, but unchanged,
 * and never those that an `acked` had confirmed.
 */
export function mergedEvents(runs: readonly Run[]): DeliveredEvent[] {
  const merged: DeliveredEvent[] = [];
  const known = new Map<number, DeliveredEvent>();
  for (const { subscription, ackedBefore } of runs) {
    for (const event of subscription.events) {
      const earlier = known.get(event.position);
      if (earlier === undefined) {
        known.set(event.position, event);
        merged.push(event);
      } else if (event.position <= (ackedBefore ?? 0)) {
        throw new WrongRepeatError(`${event.id} came again after ${ackedBefore} had been acked`);
      } else if (!isDeepStrictEqual(event, earlier)) {
        throw new WrongRepeatError(`${event.id} came again as something else`);
      }
    }
  }
  return merged;
}
