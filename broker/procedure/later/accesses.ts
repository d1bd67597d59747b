import { NONE } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

/** Accesses of a contractor to payload, for hours and with a reason (2.3). */
export const ACCESSES = laterMachine('accesses', ['requested', 'open', 'ended'], 'R36', [
  {
    ...{ number: 'B1', from: [NONE], act: 'create', to: 'requested', who: ['own.contractor'] },
    guard: ['contract, in force', 'grant or entry of its department', 'reason', 'hours, at most 8'],
    notices: ['own'],
  },
  {
    ...{ number: 'B2', from: ['requested'], act: 'open', to: 'open', who: ['own.security_officer'] },
    notices: ['own'],
  },
  {
    ...{ number: 'B3', from: ['requested', 'open'], act: 'end', to: 'ended' },
    who: ['own.contractor', 'own.security_officer', 'bus'],
    notices: ['own'],
  },
]);
