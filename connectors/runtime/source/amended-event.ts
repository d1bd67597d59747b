import type { RecordData, SourceEvent } from '../../../proto/event/event.js';
import { compareSourcePositions } from '../../../proto/values/source-position.js';

/** The image that the bus has of a record whose last change it refused, and the position of that change. */
export interface PreviousImage {
  /** Values of the filterable items; undefined when the bus has no such record. */
  readonly previous: RecordData | undefined;
  readonly sourceepoch: string | undefined;
  readonly sourceposition: string | undefined;
}

/** The image before a refused event; undefined when the event does not state one. */
export function previousImageBefore(event: SourceEvent): PreviousImage | undefined {
  const { op, previous } = event;
  // A subscriber with the record of an earlier snapshot drops it at the end of this one.
  if (op === 'create' || op === 'snapshot') return { previous: undefined, ...positionOf(event) };
  return previous && typeof previous === 'object' ? { previous, ...positionOf(event) } : undefined;
}

/** Position and epoch of an event; null counts as absent. */
export const positionOf = ({ sourceepoch, sourceposition }: SourceEvent): Omit<PreviousImage, 'previous'> => ({
  sourceepoch: sourceepoch ?? undefined,
  sourceposition: sourceposition ?? undefined,
});

/**
 * False for the refused event itself and those before it, when they are read again after a crash: the bus has processed them,
 * and their `duplicate` does not mean that they were stored.
 */
export function isLaterThan(event: SourceEvent, { sourceepoch, sourceposition }: PreviousImage): boolean {
  if (!sourceposition || !event.sourceposition) return true;
  if ((event.sourceepoch ?? undefined) !== sourceepoch) return true;
  return compareSourcePositions(event.sourceposition, sourceposition) > 0;
}

/** The event with the last accepted values as its previous image. */
export function amendedEvent(event: SourceEvent, { previous }: PreviousImage): SourceEvent {
  switch (event.op) {
    case 'update':
    case 'correction':
    case 'delete':
      // Without a record at the bus no subscriber has it: those whose rows match now get `enter`, and nobody gets `leave`.
      return { ...event, previous: previous ?? {} };
    case 'create':
      // The bus refused the delete before: an update makes subscribers with the old record replace or drop it.
      return previous ? { ...event, op: 'update', previous } : event;
    default:
      return event;
  }
}
