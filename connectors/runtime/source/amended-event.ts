import type { RecordData, SourceEvent } from '../../../proto/event/event.js';
import { compareSourcePositions } from '../../../proto/values/source-position.js';

/** What the bus has of a record whose last change it refused, and which change that was. */
export interface PreviousImage {
  /** Values of the filterable items; undefined: the bus has no such record. */
  readonly previous: RecordData | undefined;
  readonly sourceepoch: string | undefined;
  readonly sourceposition: string | undefined;
}

/** What the bus had before an event that it refused; undefined where the event does not say. */
export function previousImageBefore(event: SourceEvent): PreviousImage | undefined {
  const { op, previous } = event;
  // Whoever still holds the record of an earlier snapshot drops it at the end of this one.
  if (op === 'create' || op === 'snapshot') return { previous: undefined, ...positionOf(event) };
  return previous && typeof previous === 'object' ? { previous, ...positionOf(event) } : undefined;
}

/** Null is the same as absent. */
export const positionOf = ({ sourceepoch, sourceposition }: SourceEvent): Omit<PreviousImage, 'previous'> => ({
  sourceepoch: sourceepoch ?? undefined,
  sourceposition: sourceposition ?? undefined,
});

/**
 * False for the refused event itself and those before it, read again after a crash: the bus has dealt with them, and a
 * `duplicate` says no more than that.
 */
export function isLaterThan(event: SourceEvent, { sourceepoch, sourceposition }: PreviousImage): boolean {
  if (!sourceposition || !event.sourceposition) return true;
  if ((event.sourceepoch ?? undefined) !== sourceepoch) return true;
  return compareSourcePositions(event.sourceposition, sourceposition) > 0;
}

/** The change as one from what the bus has. */
export function amendedEvent(event: SourceEvent, { previous }: PreviousImage): SourceEvent {
  switch (event.op) {
    case 'update':
    case 'correction':
    case 'delete':
      // Without a record before nobody's rows had it: those that have it now are told `enter`, and nobody `leave`.
      return { ...event, previous: previous ?? {} };
    case 'create':
      // The bus missed its end: those whose rows had it learn from an update that it is not the same any more.
      return previous ? { ...event, op: 'update', previous } : event;
    default:
      return event;
  }
}
