import { NONE, SELF } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

const OWN = ['own.security_officer'];
const REVIEWS = [...OWN, 'peer.competent_reviewer'];

/** Security incidents. */
export const INCIDENTS = laterMachine(
  'incidents',
  ['detected', 'plan_started', 'contained', 'reported', 'reviewed', 'closed'],
  'R35',
  [
    {
      number: 'J1',
      from: [NONE],
      act: 'create',
      to: 'detected',
      who: OWN,
      guard: ['grade', 'reportClass', 'what', 'detectedAt, not in the future', 'personal', 'scope'],
      clocks: ['+I1'],
      notices: ['P, D of scope', 'CD'],
    },
    {
      number: 'J2',
      from: ['detected'],
      act: 'start-plan',
      to: 'plan_started',
      who: OWN,
      guard: ['plan'],
      notices: ['CD'],
    },
    {
      number: 'J3',
      from: ['plan_started'],
      act: 'contain',
      to: 'contained',
      who: OWN,
      guard: ['measures'],
      notices: ['CD'],
    },
    {
      number: 'J4',
      from: ['detected', 'plan_started', 'contained'],
      act: 'notify-authority',
      to: SELF,
      who: OWN,
      guard: ['authority', 'at, not in the future', 'number'],
      clocks: ['-I1'],
      notices: ['CD'],
    },
    {
      number: 'J5',
      from: ['contained'],
      act: 'report',
      to: 'reported',
      who: OWN,
      guard: ['authority', 'attachments ≥ 1', 'personsNotified if personal'],
      clocks: ['-I1'],
      notices: ['CD'],
    },
    {
      number: 'J6',
      from: ['reported'],
      act: 'review',
      to: 'reviewed',
      who: REVIEWS,
      guard: ['causes', 'lessons'],
      notices: ['CD'],
    },
    { number: 'J7', from: ['reviewed'], act: 'close', to: 'closed', who: REVIEWS, notices: ['all of scope'] },
  ],
);
