import { NONE } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

const HANDLES = ['own.correction_handler', 'own.body_head'];

/** Complaints of people outside, which the department that receives them enters. */
export const COMPLAINTS = laterMachine('complaints', ['received', 'handling', 'answered', 'closed'], 'R37', [
  {
    number: 'M1',
    from: [NONE],
    act: 'create',
    to: 'received',
    who: HANDLES,
    guard: ['what', 'receivedOn', 'about'],
    notices: ['CD'],
  },
  { number: 'M2', from: ['received'], act: 'take', to: 'handling', who: HANDLES },
  {
    number: 'M3',
    from: ['handling'],
    act: 'forward',
    to: 'received',
    who: HANDLES,
    guard: ['party', 'reason'],
    notices: ['new owner'],
  },
  {
    number: 'M4',
    from: ['handling'],
    act: 'answer',
    to: 'answered',
    who: HANDLES,
    guard: ['text'],
    notices: ['CD'],
  },
  { number: 'M5', from: ['answered'], act: 'close', to: 'closed', who: HANDLES },
]);
