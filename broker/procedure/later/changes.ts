import { NONE, SELF } from '../engine/machine.js';
import { laterMachine } from './later-machine.js';

const HEAD = ['provider.body_head'];

/** Changes of shared entries. */
export const CHANGES = laterMachine('changes', ['proposed', 'negotiated', 'filed', 'executed'], 'R27', [
  {
    number: 'K1',
    from: [NONE],
    act: 'create',
    to: 'proposed',
    who: HEAD,
    guard: ['entry, published', 'what', 'reason', 'version of a change of the version', 'no open change of it'],
    notices: ['D'],
  },
  {
    number: 'K2',
    from: ['proposed'],
    act: 'answer',
    to: SELF,
    who: ['demand.body_head'],
    guard: ['agree', 'text if not', 'once for each department'],
    notices: ['P'],
  },
  {
    number: 'K3',
    from: ['proposed'],
    act: 'negotiate',
    to: 'negotiated',
    who: HEAD,
    guard: ['attachments ≥ 1: the record of the negotiation', 'an answer of each department concerned'],
    notices: ['D'],
  },
  {
    number: 'K4',
    from: ['negotiated'],
    act: 'file',
    to: 'filed',
    who: HEAD,
    guard: ['effectiveFrom, behind changeLeadDays working days'],
    notices: ['CD', 'D'],
  },
  {
    number: 'K5',
    from: ['proposed', 'negotiated', 'filed'],
    act: 'execute',
    to: 'executed',
    who: HEAD,
    guard: ['filed, on or after effectiveFrom'],
    notices: ['D', 'CD'],
  },
]);
