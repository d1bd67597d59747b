import { NONE, SELF } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

const RAISES = ['demand.applicant', 'demand.correction_handler'];
const HANDLER = ['provider.correction_handler'];

/** Correction requests. */
export const CORRECTIONS = laterMachine(
  'corrections',
  ['raised', 'received', 'verifying', 'corrected', 'not_confirmed', 'closed', 'disputed'],
  'R26',
  [
    {
      number: 'X1',
      from: [NONE],
      act: 'create',
      to: 'raised',
      who: RAISES,
      guard: ['grant of the own party', 'subject or position that it received', 'items', 'what'],
      clocks: ['+D7'],
    },
    { number: 'X2', from: ['raised'], act: 'receive', to: 'received', who: ['bus'], notices: ['P', 'source'] },
    { number: 'X3', from: ['received'], act: 'take', to: 'verifying', who: HANDLER, notices: ['D'] },
    {
      number: 'X4',
      from: ['verifying'],
      act: 'correct',
      to: 'corrected',
      who: HANDLER,
      guard: ['position of an accepted correction of the wrong position'],
      notices: ['holders'],
    },
    {
      number: 'X5',
      from: ['verifying'],
      act: 'not-confirm',
      to: 'not_confirmed',
      who: HANDLER,
      guard: ['reason'],
      notices: ['D'],
    },
    {
      number: 'X6',
      from: ['corrected', 'not_confirmed'],
      act: 'report',
      to: 'closed',
      who: [...HANDLER, 'provider.body_head'],
      guard: ['result'],
      clocks: ['-D7'],
      notices: ['D'],
    },
    {
      number: 'X7',
      from: ['not_confirmed', 'received', 'verifying'],
      act: 'dispute',
      to: 'disputed',
      who: ['demand.body_head'],
      guard: ['claim', 'not confirmed, or D7 late'],
      clocks: ['-D7'],
      notices: ['P', 'CD'],
      article: 'R28',
    },
    {
      number: 'X8',
      from: ['closed'],
      act: 'rate',
      to: SELF,
      who: RAISES,
      guard: ['raiserAgrees', 'of the party that raised it', 'once'],
    },
  ],
);
