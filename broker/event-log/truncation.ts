import { SluiceError } from '../../proto/errors.js';

/** For who began in one life of the log and would go on in another. */
export function otherEpoch(grant: string): SluiceError {
  const message = 'the log has lost its tail: positions of before name other events';
  return new SluiceError('POSITION_GONE', message, { grant, earliest: 0 });
}
