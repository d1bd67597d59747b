import { SluiceError } from '../../proto/errors.js';
import { isSameEpoch } from '../../proto/log-position.js';

/** The refusal for a reader that began in one log epoch and would continue in another. */
function otherEpoch(grant: string): SluiceError {
  const message = 'the log was truncated: positions of its previous epoch name other events, start again from earliest';
  return new SluiceError('POSITION_GONE', message, { grant, earliest: 0 });
}

/** Throws POSITION_GONE when a reader's positions belong to another epoch than the present one of the log. */
export function requireEpoch(grant: string, reader: string, present: string): void {
  if (!isSameEpoch(reader, present)) throw otherEpoch(grant);
}
