import { SluiceError } from '../../proto/errors.js';

/** JSON takes more room than what is stored: at most twice, for text that is escaped throughout, and its frame. */
export const eventTextBytesMax = (maxEventBytes: number): number => 2 * maxEventBytes + 16 * 1024;

/** Of an NDJSON stream. */
export function lineTooLong(maxEventBytes: number, line: number): SluiceError {
  return new SluiceError('TOO_LARGE', `the line has more than ${eventTextBytesMax(maxEventBytes)} bytes`, { line });
}
