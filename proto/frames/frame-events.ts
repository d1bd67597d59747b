import { SluiceError } from '../errors.js';

/** No broker can be set to take more events in one frame; `welcome` says how many this one takes. */
export const FRAME_EVENTS_MAX = 10_000;

export const tooManyEvents = (): SluiceError =>
  new SluiceError('TOO_LARGE', `a publish frame has at most ${FRAME_EVENTS_MAX} events`);
