import { type Problem, problemDocument } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { CommitBatch } from '../commit/commit-batch.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import type { PositionVerdict } from './epoch-progress.js';
import type { RecentIds } from './recent-ids.js';
import { EPOCHS_PER_SOURCE_MAX, type SourceProgress } from './source-progress.js';

/**
 * Next step for an event that has reached the head of the queue. `park`: its source has to be read from the store first,
 * or it is a rejected event that goes to quarantine behind the events before it.
 */
export type Screening =
  | { kind: 'take' }
  | { kind: 'park' }
  | { kind: 'answer'; result: PublishResult }
  | { kind: 'follow'; leader: WaitingEvent };

const TAKE: Screening = { kind: 'take' };
const PARK: Screening = { kind: 'park' };

/** Decides from what this broker knows; changes nothing. `verdict` is that of its position where it was judged already. */
export function screenEvent(
  event: WaitingEvent,
  source: SourceProgress | undefined,
  recent: RecentIds,
  batch: CommitBatch,
  verdict?: PositionVerdict,
): Screening {
  const { identity, subject, fields } = event;
  if (source && !source.isCurrent) return PARK;
  if (source && fields.sourcePosition) {
    const decided = screenPosition(event, verdict ?? source.judge(event));
    if (decided) return decided;
  }
  if (fields.refusal) return PARK;
  if (identity === undefined) return TAKE;
  const position = recent.get(subject, identity);
  if (position !== undefined) return { kind: 'answer', result: duplicateOf(event, position) };
  const leader = batch.sameIdAs(event);
  return leader ? { kind: 'follow', leader } : TAKE;
}

/** Undefined for a new event. A duplicate is answered with its own log position while known, else the watermark's. */
export function screenPosition(event: WaitingEvent, verdict: PositionVerdict): Screening | undefined {
  switch (verdict.kind) {
    case 'new':
      return undefined;
    case 'duplicate':
      return { kind: 'answer', result: duplicateOf(event, verdict.position) };
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

/** Why its source position forbids taking an event; undefined when it does not. */
export function positionRefusal(event: WaitingEvent, { kind }: PositionVerdict): Problem | undefined {
  return kind === 'blocked' || kind === 'too_many_epochs' ? positionProblem(event, kind) : undefined;
}

export function precedingFailed({ fields: { id, route } }: WaitingEvent): Problem {
  const detail = 'an earlier event of this source has failed: send that one again first';
  return problemDocument('PRECEDING_FAILED', detail, { event: id, entry: route.entry });
}

function positionProblem(event: WaitingEvent, kind: 'blocked' | 'too_many_epochs'): Problem {
  if (kind === 'blocked') return precedingFailed(event);
  const { id, route } = event.fields;
  const detail = `a source may have ${EPOCHS_PER_SOURCE_MAX} values of sourceepoch`;
  return problemDocument('TOO_MANY', detail, { event: id, entry: route.entry });
}
