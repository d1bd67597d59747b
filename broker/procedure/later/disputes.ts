import { NONE, SELF } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

const HEADS = ['either.body_head'];
const HANDLER = ['handler.competent_reviewer'];
const BOTH = ['both'];
const CLAIM = ['about, of which the department is a side', 'subject', 'claim', 'no open dispute of it about the same'];

/** Disputes between departments. */
export const DISPUTES = laterMachine(
  'disputes',
  ['negotiating', 'coordination_requested', 'coordinating', 'escalated', 'decided', 'settled', 'closed'],
  'R28',
  [
    {
      number: 'N1',
      from: [NONE],
      act: 'create',
      to: 'negotiating',
      who: HEADS,
      guard: CLAIM,
      notices: ['other side'],
    },
    {
      number: 'N2',
      from: [NONE],
      act: 'create',
      to: 'coordination_requested',
      who: HEADS,
      guard: ['direct', ...CLAIM, 'sides of different level or region'],
      clocks: ['+L28'],
      notices: [...BOTH, 'CD'],
    },
    {
      number: 'N3',
      from: ['negotiating', 'coordinating'],
      act: 'settle',
      to: SELF,
      who: HEADS,
      guard: ['text'],
      notices: ['other side'],
    },
    {
      number: 'N4',
      from: ['negotiating', 'coordinating'],
      act: 'settle',
      to: 'settled',
      who: HEADS,
      guard: ['digest of the first signature', 'by the other side', 'what is to be performed is possible'],
      clocks: ['-L28'],
      notices: [...BOTH, 'CD'],
    },
    {
      number: 'N5',
      from: ['negotiating'],
      act: 'request',
      to: 'coordination_requested',
      who: HEADS,
      guard: ['attachments ≥ 1: the record of the negotiation'],
      clocks: ['+L28'],
      notices: [...BOTH, 'CD'],
    },
    {
      number: 'N6',
      from: ['coordination_requested'],
      act: 'coordinate',
      to: 'coordinating',
      who: HANDLER,
      notices: BOTH,
    },
    {
      number: 'N7',
      from: ['coordinating'],
      act: 'escalate',
      to: 'escalated',
      who: HANDLER,
      guard: ['government', 'reason'],
      notices: BOTH,
    },
    {
      number: 'N8',
      from: ['escalated'],
      act: 'decide',
      to: 'decided',
      who: HANDLER,
      guard: ['document', 'attachments ≥ 1', 'perform, which is possible'],
      clocks: ['-L28'],
      notices: BOTH,
    },
    { number: 'N9', from: ['decided'], act: 'perform', to: 'closed', who: ['bus'], notices: BOTH },
  ],
);
