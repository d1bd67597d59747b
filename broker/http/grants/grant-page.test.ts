import t from 'tap';
import { type StoredGrant, toGrant } from '../../grants/grant.js';
import { grantPage } from './grant-page.js';

const grants = (count: number, values: number) =>
  Array.from({ length: count }, (_, i) => {
    const rows = { district: { in: Array.from({ length: values }, (_value, n) => `district-${n}`) } };
    const period = { from: '2020-01-01', to: '2099-12-31' };
    const id = `g-${String(i).padStart(4, '0')}`;
    return toGrant({ id, rows, period, history: 'all', status: 'in_force' } as unknown as StoredGrant, i + 1);
  });

t.test('pages of grants with large sets stay small, and following them yields each grant once', async (t) => {
  const all = grants(20, 10_000);
  const seen: string[] = [];
  let rest = all;
  for (let next: string | undefined = ''; next !== undefined; ) {
    const page = grantPage(rest, 1_000, Date.now());
    t.ok(JSON.stringify(page).length < 1.3 * 1024 * 1024);
    seen.push(...page.grants.map(({ id }) => id));
    next = page.next;
    rest = all.filter(({ id }) => id > (next ?? ''));
  }
  t.same(
    seen,
    all.map(({ id }) => id),
  );
});

t.test('a page of small grants is as long as was asked for, and says whether there are more', async (t) => {
  t.match(grantPage(grants(5, 1), 3, Date.now()), { grants: { length: 3 }, next: 'g-0002' });
  t.match(grantPage(grants(3, 1), 3, Date.now()), { grants: { length: 3 }, next: undefined });
  t.match(grantPage([], 3, Date.now()), { grants: { length: 0 }, next: undefined });
});
