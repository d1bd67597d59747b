import { SluiceError } from '../errors.js';
import { JSON_MEMBERS_MAX } from '../values/json-scan.js';

/** No broker can be set to take more events in one frame; `welcome` says how many this one takes. */
export const FRAME_EVENTS_MAX = 10_000;

export const tooManyEvents = (): SluiceError =>
  new SluiceError('TOO_LARGE', `a publish frame has at most ${FRAME_EVENTS_MAX} events`);

export const tooManyMembers = (): SluiceError =>
  new SluiceError('TOO_LARGE', `an event has at most ${JSON_MEMBERS_MAX} keys in all of its objects together`);
