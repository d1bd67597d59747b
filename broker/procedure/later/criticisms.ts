import { NONE } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

/** Notices of criticism, which go to all parties below. */
export const CRITICISMS = laterMachine('criticisms', ['given'], 'R29', [
  {
    number: 'T1',
    from: [NONE],
    act: 'create',
    to: 'given',
    who: ['peer.competent_reviewer', 'superior.competent_reviewer'],
    guard: ['party', 'violations', 'text'],
    notices: ['all below'],
  },
]);
