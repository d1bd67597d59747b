import t, { type Test } from 'tap';
import { openGovernance, operator } from '../../tests/support/broker/governance.js';
import { emptyStore } from '../../tests/support/broker/ledger.js';
import type { OfficerCaller } from '../parties/caller.js';

const GRANT = {
  id: 'g-births',
  system: 'clinic',
  entry: 'civil.birth',
  items: [{ name: 'idNumber' }],
  purpose: 'care of newborns',
  basis: 'Law, art. 1',
  period: { from: '2026-01-01', to: '2036-12-31' },
};
const DEPARTMENTS = {
  parties: ['civil', 'health'].map((id) => ({ id, name: id, level: 'city', regionCode: '350100' })),
  systems: [{ id: 'clinic', party: 'health', may: ['subscribe'] }],
  entries: [
    {
      id: 'civil.birth',
      name: 'Births',
      sharingAttribute: 'conditional',
      items: [
        { name: 'idNumber', type: 'string', identifier: true },
        { name: 'weight', type: 'decimal', filterable: true },
      ],
    },
  ],
};

async function openService(t: Test) {
  const bus = await emptyStore(t);
  const opened = await openGovernance(t, bus, 'trial');
  await opened.bundles.apply(operator, DEPARTMENTS, { dryRun: false });
  return { ...opened, bus };
}

t.test('creating a grant again records no act, also with another spelling of its row filter', async (t) => {
  const { service, ledger, grants } = await openService(t);
  const { grant, changed } = await service.create(operator, { ...GRANT, rows: { weight: { in: ['1.50'] } } });
  t.ok(changed);
  t.match(grant, { party: 'health', status: 'in_force', rows: { weight: { is: '1.5' } }, ledgerSeq: ledger.head });
  t.same(grants.byEntry('civil.birth'), [grant]);
  const head = ledger.head;
  t.notOk((await service.create(operator, { ...GRANT, party: 'health', rows: { weight: { is: '1.5' } } })).changed);
  t.equal(ledger.head, head);
  t.match(await ledger.read({ kind: 'grant', limit: 5 }), [{ act: 'created', document: { trial: true } }]);
});

t.test('a changed document amends the grant and notifies listeners', async (t) => {
  const { service, ledger, grants } = await openService(t);
  await service.create(operator, GRANT);
  const seen: string[] = [];
  grants.onChange((grant) => seen.push(grant.purpose));
  await service.create(operator, { ...GRANT, purpose: 'vaccination' });
  t.same(seen, ['vaccination']);
  t.match(await ledger.read({ kind: 'grant', limit: 5 }), [{ act: 'created' }, { act: 'amended' }]);
});

t.test(
  'a grant is suspended, restored and terminated with a reason, and only from the states that allow it',
  async (t) => {
    const { service, ledger } = await openService(t);
    await service.create(operator, GRANT);
    await t.rejects(service.suspend(operator, 'g-births', ''), { code: 'BAD_REQUEST' });
    await t.rejects(service.restore(operator, 'g-births', 'why not'), { code: 'CONFLICT' });
    t.equal((await service.suspend(operator, 'g-births', 'misuse')).status, 'suspended');
    await t.rejects(service.suspend(operator, 'g-births', 'misuse'), { code: 'CONFLICT' });
    t.equal((await service.restore(operator, 'g-births', 'rectified')).status, 'in_force');
    t.equal((await service.terminate(operator, 'g-births', 'over')).status, 'terminated');
    await t.rejects(service.restore(operator, 'g-births', 'again'), { code: 'CONFLICT' });
    await t.rejects(service.create(operator, GRANT), { code: 'CONFLICT', message: /final/ });
    const acts = await ledger.read({ kind: 'grant', id: 'g-births', after: 0, limit: 10 });
    t.same(
      acts.map(({ act, reason }) => [act, reason]),
      [
        ['created', undefined],
        ['suspended', 'misuse'],
        ['restored', 'rectified'],
        ['terminated', 'over'],
      ],
    );
  },
);

t.test('officers of the provider may suspend a grant, others may not, and only the operator creates one', async (t) => {
  const { service } = await openService(t);
  const security = (party: string): OfficerCaller => ({
    kind: 'officer',
    id: 'so',
    party,
    roles: ['security_officer'],
  });
  await t.rejects(service.create(security('civil'), GRANT), { code: 'NOT_ALLOWED' });
  await service.create(operator, GRANT);
  await t.rejects(service.suspend(security('health'), 'g-births', 'x'), { code: 'NOT_ALLOWED' });
  t.equal((await service.suspend(security('civil'), 'g-births', 'misuse')).status, 'suspended');
  await t.rejects(service.suspend(operator, 'none', 'x'), { code: 'NOT_FOUND' });
  // A third party learns nothing of a grant: not even that it exists.
  const stranger = security('tax');
  const refusal = { code: 'NOT_FOUND', message: 'there is no grant g-births' };
  for (const act of ['suspend', 'restore', 'terminate'] as const) {
    await t.rejects(service[act](stranger, 'g-births', 'x'), refusal);
    await t.rejects(service[act](stranger, 'none', 'x'), { ...refusal, message: 'there is no grant none' });
  }
});

t.test('on a registered bus a grant is not created directly, and an existing one can be suspended', async (t) => {
  const { service, bus } = await openService(t);
  await service.create(operator, GRANT);
  const lawful = await openGovernance(t, bus, 'registered');
  await t.rejects(lawful.service.create(operator, GRANT), { code: 'TRIAL_ONLY' });
  const head: OfficerCaller = { kind: 'officer', id: 'h', party: 'civil', roles: ['body_head'] };
  t.equal((await lawful.service.suspend(head, 'g-births', 'misuse')).status, 'suspended');
});

t.test('an invalid grant is refused with its problems and records nothing', async (t) => {
  const { service, ledger } = await openService(t);
  const head = ledger.head;
  await t.rejects(service.create(operator, { ...GRANT, items: [{ name: 'income' }] }), { code: 'GRANT_INVALID' });
  await t.rejects(service.create(operator, { ...GRANT, rows: { weight: { like: '1' } } }), {
    code: 'UNKNOWN_PREDICATE',
  });
  await t.rejects(service.create(operator, null), { code: 'GRANT_INVALID' });
  t.equal(ledger.head, head);
});
