import { SluiceError } from '../errors.js';
import { closingQuoteIn, JSON_MEMBERS_MAX } from '../values/json-scan.js';
import { FRAME_EVENTS_MAX, tooManyEvents, tooManyMembers } from './frame-events.js';

/** A shorter message is parsed in a few milliseconds whatever it holds. */
const SCANNED_FROM_BYTES = 64 * 1024;
/** Deeper values are refused anyway; half a million brackets take JSON.parse 70 ms. */
const DEPTH_MAX = 128;
/** Depth within the list of a frame: frame, then list. */
const LIST_DEPTH = 2;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Counts the events of a JSON frame before it is parsed: a megabyte can hold 350,000 empty ones. Throws TOO_LARGE or BAD_FRAME.
 * It looks at bytes, which works on UTF-8, and costs about a nanosecond each. Returns how many keys all objects of a valid frame have
 * together; undefined for a short one, which is not looked at.
 */
export function countJsonEvents(message: Uint8Array): number | undefined {
  if (message.length < SCANNED_FROM_BYTES) return undefined;
  let depth = 0;
  let elements = 1;
  /** Bound for each event. */
  let members = 0;
  let keys = 0;
  for (let at = 0; at < message.length; at++) {
    const byte = message[at];
    if (byte === QUOTE) at = closingQuoteIn(message, at);
    else if (byte === COLON) {
      keys++;
      if (++members > JSON_MEMBERS_MAX) throw tooManyMembers();
    } else if (byte === COMMA) {
      if (depth !== LIST_DEPTH) continue;
      if (++elements > FRAME_EVENTS_MAX) throw tooManyEvents();
      members = 0;
    } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      if (++depth > DEPTH_MAX)
        throw new SluiceError('BAD_FRAME', `the frame is nested deeper than ${DEPTH_MAX} levels`);
      // No other member of a frame has thousands of members of its own.
      if (depth === LIST_DEPTH) elements = 1;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--;
  }
  return keys;
}
