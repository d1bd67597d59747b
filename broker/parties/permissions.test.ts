import t from 'tap';
import type { Caller } from './caller.js';
import { isAllowed, requirePermission } from './permissions.js';

const operator: Caller = { kind: 'officer', id: 'op', party: 'platform', roles: ['platform_operator'] };
const editor: Caller = { kind: 'officer', id: 'ed', party: 'civil', roles: ['auditor', 'catalog_editor'] };
const system: Caller = { kind: 'system', id: 's', party: 'civil', may: ['publish'] };

t.test('the platform operator may everything in trial mode, and only run the platform outside it', async (t) => {
  t.ok(isAllowed(operator, 'grant.create', { trial: true }));
  t.notOk(isAllowed(operator, 'grant.create', { trial: false }));
  t.ok(isAllowed(operator, 'parties.manage', { trial: false }));
});

t.test('a catalog editor edits the entries of the own party only', async (t) => {
  t.same(requirePermission(editor, 'catalog.edit', { trial: true, party: 'civil' }), {
    actor: 'officer:ed',
    role: 'catalog_editor',
  });
  t.throws(() => requirePermission(editor, 'catalog.edit', { trial: true, party: 'tax' }), {
    code: 'NOT_ALLOWED',
    message: 'officer ed may not draft catalog entries for party tax',
  });
});

t.test('a system has no officer rights', async (t) => {
  t.throws(() => requirePermission(system, 'catalog.edit', { trial: true, party: 'civil' }), { code: 'NOT_ALLOWED' });
});
