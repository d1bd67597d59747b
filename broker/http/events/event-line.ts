import { SluiceError } from '../../../proto/errors.js';
import { hasTooManyMembers } from '../../../proto/values/json-scan.js';
import { notUtf8, parseJsonText } from '../bodies/parse-json.js';
import { eventBytesMax, tooManyMembers } from './event-size.js';
import type { InputLine } from './ndjson-lines.js';

/** Parses one line of an NDJSON stream. Throws TOO_LARGE, NOT_UTF8, BAD_JSON or TOO_MANY, which name the line. */
export function parseLine({ number: line, text, flaw }: InputLine, maxEventBytes: number): unknown {
  if (text !== undefined) {
    if (hasTooManyMembers(text)) throw tooManyMembers({ line });
    return parseJsonText(text, { line });
  }
  if (flaw === 'not UTF-8') throw notUtf8({ line });
  if (flaw === 'no room') throw noRoomForLine(line);
  throw new SluiceError('TOO_LARGE', `the line has more than ${eventBytesMax(maxEventBytes)} bytes`, { line });
}

export const noRoomForLine = (line: number): SluiceError =>
  new SluiceError('TOO_MANY', 'the broker holds too many bytes of unfinished lines: send from this line on again', {
    line,
  });
