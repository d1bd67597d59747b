import t from 'tap';
import type { Caller, OfficerCaller } from './caller.js';
import { Permissions, requireSystem } from './permissions.js';

const trial = new Permissions('trial');
/** The owner is `platform`; the competent department `city` stands above `civil` alone. */
const registered = new Permissions('registered', {
  departments: { owner: 'platform', isAbove: (competent, party) => competent === 'city' && party === 'civil' },
});
const operator: Caller = { kind: 'officer', id: 'op', party: 'platform', roles: ['platform_operator'] };
const editor: Caller = { kind: 'officer', id: 'ed', party: 'civil', roles: ['catalog_editor'] };
const auditor: Caller = { kind: 'officer', id: 'au', party: 'audit', roles: ['auditor'] };
const system: Caller = { kind: 'system', id: 's', party: 'civil', may: ['publish'] };

t.test(
  'the platform operator may do everything in trial mode, and only run the platform on a registered bus',
  async (t) => {
    t.ok(trial.allows(operator, 'grant.create'));
    t.ok(trial.allows(operator, 'token.renew'));
    t.notOk(registered.allows(operator, 'grant.create'));
    t.notOk(registered.allows(operator, 'token.renew'));
    t.ok(registered.allows(operator, 'parties.manage'));
  },
);

t.test('a catalog editor edits the entries of its own party only', async (t) => {
  const acting = { actor: 'officer:ed', role: 'catalog_editor' };
  t.same(trial.require({ ...editor, roles: ['auditor', 'catalog_editor'] }, 'catalog.edit', 'civil'), acting);
  t.throws(() => trial.require(editor, 'catalog.edit', 'tax'), {
    code: 'NOT_ALLOWED',
    message: 'officer ed may not draft catalog entries for party tax',
  });
});

t.test('an officer is judged by the records of now, not by those of its authentication', async (t) => {
  const roles = new Map([['ed', ['auditor']]]);
  const again = (officer: OfficerCaller): OfficerCaller | undefined => {
    const now = roles.get(officer.id);
    return now && { ...officer, roles: now };
  };
  const permissions = new Permissions('trial', { again });
  t.throws(() => permissions.require(editor, 'catalog.edit', 'civil'), { code: 'NOT_ALLOWED' }, 'it has another role');
  roles.delete('ed');
  t.throws(() => permissions.require(editor, 'catalog.edit', 'civil'), { code: 'NOT_AUTHENTICATED' }, 'it has left');
  t.notOk(permissions.allows(editor, 'catalog.edit', 'civil'));
});

t.test('a system has no rights of officers, and an officer none of systems', async (t) => {
  t.throws(() => trial.require(system, 'catalog.edit', 'civil'), { code: 'NOT_ALLOWED' });
  t.equal(requireSystem(system, 'publish'), system);
  t.throws(() => requireSystem(system, 'subscribe'), { code: 'NOT_ALLOWED', message: 'system s may not subscribe' });
  t.throws(() => requireSystem(editor, 'publish'), { code: 'NOT_ALLOWED' });
});

t.test('a grant is read by its system, by officers of its two parties and by overseers', async (t) => {
  const sides = { system: 's', party: 'health', provider: 'civil' };
  t.ok(registered.mayReadGrant(system, sides));
  t.notOk(registered.mayReadGrant({ ...system, id: 'other' }, sides), 'not by another system of the same party');
  t.ok(registered.mayReadGrant(editor, sides));
  t.notOk(registered.mayReadGrant({ ...editor, party: 'tax' }, sides));
  for (const overseer of [operator, auditor]) t.ok(trial.mayReadGrant(overseer, sides));
  t.ok(registered.mayReadGrant(operator, sides));
});

t.test(
  'an auditor of a registered bus reads what concerns its own party and those below, one of the owner all',
  async (t) => {
    const sides = { system: 's', party: 'health', provider: 'civil' };
    const of = (party: string): Caller => ({ ...auditor, party }) as Caller;
    for (const party of ['platform', 'city', 'civil', 'health']) t.ok(registered.mayReadGrant(of(party), sides), party);
    t.notOk(registered.mayReadGrant(of('tax'), sides));
    t.notOk(registered.mayReadGrant(of('city'), { ...sides, provider: 'tax' }));
    t.same(
      ['platform', 'city', 'civil', 'tax'].map((party) => registered.allows(of(party), 'disclosures.read', 'civil')),
      [true, true, true, false],
    );
    t.ok(registered.allows(of('platform'), 'ledger.read'));
    t.ok(registered.overseesGrants(of('platform')));
    for (const party of ['city', 'civil', 'tax']) {
      t.notOk(registered.allows(of(party), 'ledger.read'), 'it holds the drafts of everybody');
      t.notOk(registered.overseesGrants(of(party)));
      t.ok(registered.allows(of(party), 'ledger.verify'));
    }
  },
);

t.test('what only a trial allows is refused on a registered bus with its reason', async (t) => {
  t.doesNotThrow(() => trial.requireTrial('entries are published directly in trial mode only'));
  t.throws(() => registered.requireTrial('entries are published directly in trial mode only'), {
    code: 'TRIAL_ONLY',
    message: 'entries are published directly in trial mode only',
  });
});
