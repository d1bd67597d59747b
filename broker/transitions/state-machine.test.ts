import t from 'tap';
import { Permissions } from '../parties/permissions.js';
import { StateMachine } from './state-machine.js';
import { GIVEN_REASON, NONE, SAME, type Transition, type WithReason } from './transition.js';

type State = 'draft' | 'open' | 'closed';
type Act = 'drafted' | 'opened' | 'noted' | 'closed';

const ROWS: Transition<State, Act, WithReason>[] = [
  { number: 'X1', from: [NONE], act: 'drafted', to: 'draft', who: 'catalog.edit' },
  { number: 'X2', from: ['draft'], act: 'opened', to: 'open', who: 'catalog.publish', trialOnly: true },
  { number: 'X3', from: ['open'], act: 'noted', to: SAME, who: ['own.reviewer'] },
  { number: 'X4', from: ['open'], act: 'closed', to: 'closed', who: 'catalog.publish', guards: [GIVEN_REASON] },
];
const machine = new StateMachine('entry', ROWS);
const context = (reason?: string, mode: 'trial' | 'registered' = 'trial') => ({
  id: 'p.e',
  permissions: new Permissions(mode),
  subject: { reason },
});

t.test('a listed transition leads to its state, and `same` leaves the state as it is', async (t) => {
  t.equal(machine.next('drafted', undefined, context()), 'draft');
  t.equal(machine.next('opened', 'draft', context()), 'open');
  t.equal(machine.next('noted', 'open', context()), 'open');
});

t.test('an act that does not fit the state is a conflict that names both', async (t) => {
  const refusals: [Act, State | undefined, string][] = [
    ['opened', undefined, 'entry p.e does not exist and cannot be opened'],
    ['drafted', 'open', 'entry p.e is open and cannot be drafted'],
    ['closed', 'closed', 'entry p.e is closed, which is final: it cannot be closed'],
  ];
  for (const [act, from, message] of refusals) {
    t.throws(() => machine.next(act, from, context('why')), { code: 'CONFLICT', message, where: { entry: 'p.e' } });
  }
});

t.test('a trial-only transition is refused on a registered bus before its state is looked at', async (t) => {
  for (const from of ['draft', 'closed'] as const) {
    t.throws(() => machine.next('opened', from, context('', 'registered')), { code: 'TRIAL_ONLY' });
  }
});

t.test('a guard that is not met refuses a transition that the state allows', async (t) => {
  t.throws(() => machine.next('closed', 'open', context(' ')), { code: 'BAD_REQUEST', message: /^reason: is missing/ });
  t.equal(machine.next('closed', 'open', context('done')), 'closed');
});

t.test('the right for an act is that of its rows', async (t) => {
  t.equal(machine.rightFor('closed'), 'catalog.publish');
  t.throws(() => machine.rightFor('noted'), TypeError);
});

t.test('two rows for one act and state are refused when the table is made', async (t) => {
  const twice = { ...(ROWS[1] as (typeof ROWS)[number]), number: 'X9' };
  t.throws(() => new StateMachine('entry', [...ROWS, twice]), /two transitions of entry for opened from draft/);
});
