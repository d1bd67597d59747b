import t from 'tap';
import { parseProfile } from './profile-document.js';
import { ProfileReader } from './profile-reader.js';

const KEYS = Array.from({ length: 7_000 }, (_, index) => `k${index}: 1`).join('\n');

t.test('the event loop goes on while a profile is parsed', async (t) => {
  const reader = new ProfileReader();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  t.teardown(() => clearInterval(timer));
  const document = await reader.parse(KEYS);
  t.strictSame(document, parseProfile(KEYS));
  t.ok(turns > 3, `${turns} turns`);
});

t.test('what the thread refuses is refused with its problems', async (t) => {
  const reader = new ProfileReader();
  await t.rejects(reader.parse('columns: { x: { field: "\\ud83d" } }'), {
    code: 'BAD_REQUEST',
    where: { problems: [{ path: '/columns/x/field' }] },
  });
  await t.rejects(reader.parse('['.repeat(60_000)), { code: 'BAD_REQUEST', message: /deeper than 16 levels/ });
});

t.test('few profiles wait, the next one is refused', async (t) => {
  const reader = new ProfileReader();
  const waiting = Array.from({ length: 8 }, () => reader.parse('profile: own'));
  await t.rejects(reader.parse('profile: own'), { code: 'TOO_MANY' });
  await Promise.all(waiting);
  t.same(await reader.parse('profile: own'), { profile: 'own' });
});
