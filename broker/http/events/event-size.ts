import { type ProblemWhere, SluiceError } from '../../../proto/errors.js';
import { JSON_MEMBERS_MAX } from '../../../proto/values/json-scan.js';

/** JSON takes more bytes than what is stored: at most twice, for text that is escaped throughout, and its frame. */
export const eventBytesMax = (maxEventBytes: number): number => 2 * maxEventBytes + 16 * 1024;

export const tooManyMembers = (where: ProblemWhere = {}): SluiceError =>
  new SluiceError('TOO_LARGE', `an event has at most ${JSON_MEMBERS_MAX} keys in all of its objects together`, where);
