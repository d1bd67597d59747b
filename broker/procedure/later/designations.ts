import { NONE, SELF } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

const HANDLER = ['handler.competent_reviewer'];
const IN_FORCE = ['designated', 'catalog_updated'];
const PARTIES = ['parties'];

/** Designations of the lead for items that several departments collect. */
export const DESIGNATIONS = laterMachine(
  'designations',
  ['overlap_found', 'designated', 'catalog_updated', 'revised', 'ended'],
  'R19',
  [
    {
      number: 'L1',
      from: [NONE],
      act: 'create',
      to: 'overlap_found',
      who: ['bus', ...HANDLER, 'any.body_head'],
      guard: ['items with two providers or more'],
      notices: ['CD'],
    },
    {
      number: 'L2',
      from: ['overlap_found'],
      act: 'designate',
      to: 'designated',
      who: HANDLER,
      guard: ['lead, one of the providers', 'document', 'from, not in the future'],
      notices: PARTIES,
    },
    {
      number: 'L3',
      from: ['designated'],
      act: 'catalog-updated',
      to: 'catalog_updated',
      who: ['bus'],
      notices: PARTIES,
    },
    {
      number: 'L4',
      from: ['catalog_updated'],
      act: 'revise',
      to: 'revised',
      who: HANDLER,
      guard: ['reason'],
      notices: PARTIES,
    },
    {
      number: 'L5',
      from: ['catalog_updated'],
      act: 'end',
      to: 'ended',
      who: HANDLER,
      guard: ['reason'],
      notices: PARTIES,
    },
    {
      number: 'L6',
      from: IN_FORCE,
      act: 'except',
      to: SELF,
      who: HANDLER,
      guard: ['party', 'items', 'reason'],
    },
    {
      number: 'L7',
      from: IN_FORCE,
      act: 'pass-on',
      to: SELF,
      who: ['any.body_head'],
      guard: ['items', 'text', 'not of the lead'],
    },
    {
      number: 'L8',
      from: IN_FORCE,
      act: 'take',
      to: SELF,
      who: ['source.body_head'],
      guard: ['an update without answer'],
    },
    {
      number: 'L8',
      from: IN_FORCE,
      act: 'decline',
      to: SELF,
      who: ['source.body_head'],
      guard: ['an update without answer', 'reason'],
    },
  ],
);
