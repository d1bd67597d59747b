import { NONE } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

const STOPS_IT = [
  'provider.security_officer',
  'provider.body_head',
  'own.security_officer',
  'peer.competent_reviewer',
  'owner.competent_reviewer',
  'owner.platform_operator',
];

/** Stops of an entry, a system, a party or the node. */
export const STOPS = laterMachine('stops', ['standing', 'lifted'], 'R35', [
  {
    number: 'S1',
    from: [NONE],
    act: 'create',
    to: 'standing',
    who: STOPS_IT,
    guard: ['scope', 'target', 'reason', 'who may stop what is in scope'],
    notices: ['P', 'D', 'CD'],
  },
  {
    number: 'S2',
    from: ['standing'],
    act: 'lift',
    to: 'lifted',
    who: STOPS_IT,
    guard: ['reason', 'by the party that stopped'],
    notices: ['P', 'D', 'CD'],
  },
]);
