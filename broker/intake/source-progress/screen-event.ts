import { type Problem, SluiceError } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { CommitBatch } from '../commit/commit-batch.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import type { RecentIds } from './recent-ids.js';
import { EPOCHS_PER_SOURCE_MAX, type PositionCheck, type SourceWatermarks } from './source-watermarks.js';

/**
 * What happens to an event whose turn has come. `hold`: its source has to be read from the store first, or it is
 * a refused one that goes to quarantine behind what came before it.
 */
export type Screening =
  | { kind: 'take' }
  | { kind: 'hold' }
  | { kind: 'answer'; result: PublishResult }
  | { kind: 'follow'; leader: WaitingEvent };

const TAKE: Screening = { kind: 'take' };
const HOLD: Screening = { kind: 'hold' };

/** Decides from what this broker knows; it changes nothing. */
export function screenEvent(
  event: WaitingEvent,
  source: SourceWatermarks | undefined,
  recent: RecentIds,
  round: CommitBatch,
): Screening {
  const { id = '', route, place, refusal } = event.fields;
  if (source && !source.isCurrent) return HOLD;
  if (source && place) {
    const settled = screenPosition(event, source.judge(event, place), recent);
    if (settled) return settled;
  }
  if (refusal) return HOLD;
  const position = recent.get(route.subject, id);
  if (position !== undefined) return { kind: 'answer', result: duplicateOf(event, position) };
  const twin = round.ordinalOf(event);
  return twin ? { kind: 'follow', leader: twin } : TAKE;
}

/** Undefined for a new one. A duplicate's own position is answered while it is known, else that of the mark. */
export function screenPosition(event: WaitingEvent, verdict: PositionCheck, recent: RecentIds): Screening | undefined {
  switch (verdict.kind) {
    case 'new':
      return undefined;
    case 'duplicate': {
      const position = recent.get(event.fields.route.subject, event.fields.id ?? '') ?? verdict.position;
      return { kind: 'answer', result: duplicateOf(event, position) };
    }
    case 'follow':
      return { kind: 'follow', leader: verdict.event };
    default:
      return { kind: 'answer', result: { id: event.fields.id, problem: positionProblem(event, verdict.kind) } };
  }
}

export const duplicateOf = (event: WaitingEvent, position: number): PublishResult => ({
  id: event.fields.id,
  position,
  duplicate: true,
});

/** Of the events of one atomic batch: why each may not be taken because of its place, undefined when it may. */
export function positionRefusals(events: readonly WaitingEvent[], source: SourceWatermarks): (Problem | undefined)[] {
  const refusals = events.map((event) => {
    const { place } = event.fields;
    if (!place) return undefined;
    const { kind } = source.judge(event, place);
    if (kind === 'new') source.epoch(place.epoch).begin(event);
    return kind === 'blocked' || kind === 'too_many_epochs' ? positionProblem(event, kind) : undefined;
  });
  for (const { fields } of events) if (fields.place) source.epochs.get(fields.place.epoch)?.end();
  return refusals;
}

function positionProblem(event: WaitingEvent, kind: 'blocked' | 'too_many_epochs'): Problem {
  const { id, route } = event.fields;
  const error =
    kind === 'blocked'
      ? new SluiceError('PRECEDING_FAILED', 'an earlier event of this source has failed: send that one again first')
      : new SluiceError('TOO_MANY', `a source may have ${EPOCHS_PER_SOURCE_MAX} values of sourceepoch`);
  return { ...error.toProblem(), event: id, entry: route.entry };
}
