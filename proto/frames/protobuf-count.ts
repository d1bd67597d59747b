import { SluiceError } from '../errors.js';
import { WireCursor, WireError } from '../event/wire.js';
import { FRAME_EVENTS_MAX, tooManyEvents } from './frame-events.js';

/** Field numbers of Frame.publish and Publish.events. */
const PUBLISH = 5;
const EVENTS = 2;
/** A frame has one field; a writer may repeat it, and its parts are merged. */
const FRAME_FIELDS_MAX = 16;

/** Counts before a decoder makes anything of it: half a megabyte can hold 262,144 empty events. Throws TOO_LARGE or BAD_FRAME. */
export function countProtobufEvents(message: Uint8Array): void {
  try {
    count(message);
  } catch (error) {
    // The decoder says in its own words what is wrong with the bytes.
    if (!(error instanceof WireError)) throw error;
  }
}

function count(message: Uint8Array): void {
  const frame = new WireCursor(message);
  let fields = 0;
  let events = 0;
  while (frame.next()) {
    if (++fields > FRAME_FIELDS_MAX)
      throw new SluiceError('BAD_FRAME', `a frame has at most ${FRAME_FIELDS_MAX} fields`);
    if (frame.number !== PUBLISH || frame.wireType !== 2) continue;
    const publish = new WireCursor(message.subarray(frame.valueStart, frame.end));
    while (publish.next()) {
      if (publish.number === EVENTS && ++events > FRAME_EVENTS_MAX) throw tooManyEvents();
    }
  }
}
