import { isSourcePosition } from '../../../proto/values/source-position.js';
import { isAbsent, type RawEvent } from '../validate/event-shape.js';
import { sharedPrintable } from '../validate/printable.js';

/** Position of an event in its source's own numbering. */
export interface SourcePosition {
  /** Empty for a source whose numbering never restarts. */
  epoch: string;
  position: string;
}

/** Undefined when the event has none, or none that can be read. */
export function sourcePositionOf(event: RawEvent): SourcePosition | undefined {
  const { sourceposition: position, sourceepoch } = event;
  if (typeof position !== 'string' || !isSourcePosition(position)) return undefined;
  if (isAbsent(sourceepoch)) return { epoch: '', position };
  const epoch = sharedPrintable(sourceepoch);
  return epoch === undefined ? undefined : { epoch, position };
}
