import { StateMachine } from '../transitions/state-machine.js';
import { GIVEN_REASON, NONE, SAME, type Transition, type WithReason } from '../transitions/transition.js';
import type { StoredGrant } from './grant.js';

/** Names of acts as the ledger records them. */
export type GrantAct = 'created' | 'amended' | 'suspended' | 'restored' | 'terminated';

const guards = [GIVEN_REASON];

/**
 * The life cycle of a grant that an operator of a trial bus creates directly. Beginning and end of its period are no
 * acts: `statusAt` derives them from the clock.
 */
const TRANSITIONS: Transition<StoredGrant['status'], GrantAct, WithReason>[] = [
  { number: 'TG1', from: [NONE], act: 'created', to: 'in_force', who: 'grant.create', trialOnly: true },
  {
    number: 'TG2',
    from: ['in_force', 'suspended'],
    act: 'amended',
    to: SAME,
    who: 'grant.create',
    trialOnly: true,
  },
  { number: 'TG3', from: ['in_force'], act: 'suspended', to: 'suspended', who: 'grant.suspend', guards },
  { number: 'TG4', from: ['suspended'], act: 'restored', to: 'in_force', who: 'grant.suspend', guards },
  {
    number: 'TG5',
    from: ['in_force', 'suspended'],
    act: 'terminated',
    to: 'terminated',
    who: 'grant.terminate',
    guards,
  },
];

export const GRANT_LIFE_CYCLE = new StateMachine<StoredGrant['status'], GrantAct, WithReason>('grant', TRANSITIONS);
