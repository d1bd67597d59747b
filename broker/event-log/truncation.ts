import { SluiceError } from '../../proto/errors.js';

/** The refusal for a reader that began in one log epoch and would continue in another. */
export function otherEpoch(grant: string): SluiceError {
  const message = 'the log has lost its tail: positions of before name other events';
  return new SluiceError('POSITION_GONE', message, { grant, earliest: 0 });
}
