import t from 'tap';
import { type StoredGrant, statusAt, toGrant } from './grant.js';

const stored = (change: Partial<StoredGrant> = {}): StoredGrant => ({
  id: 'g',
  party: 'tax',
  system: 's',
  entry: 'p.e',
  items: [{ name: 'id' }],
  purpose: 'p',
  basis: 'b',
  period: { from: '2026-01-01', to: '2026-12-31' },
  status: 'in_force',
  ...change,
});

t.test('a period of dates lasts from the first moment to the end of its last day in UTC+8', async (t) => {
  const grant = toGrant(stored(), 1);
  t.equal(statusAt(grant, Date.parse('2025-12-31T23:59:59+08:00')), 'provisioning');
  t.equal(statusAt(grant, Date.parse('2026-01-01T00:00:00+08:00')), 'in_force');
  t.equal(statusAt(grant, Date.parse('2026-12-31T23:59:59.999+08:00')), 'in_force');
  t.equal(statusAt(grant, Date.parse('2027-01-01T00:00:00+08:00')), 'expired');
});

t.test('a period of instants is exact to the millisecond', async (t) => {
  const grant = toGrant(stored({ period: { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:01Z' } }), 1);
  t.equal(grant.toMs - grant.fromMs, 1_000);
});

t.test('the history of a grant begins with its period, with the log, or at a date', async (t) => {
  const from = Date.parse('2026-01-01T00:00:00+08:00');
  t.equal(toGrant(stored(), 1).historyFromMs, from);
  t.equal(toGrant(stored({ history: 'none' }), 1).historyFromMs, from);
  t.equal(toGrant(stored({ history: 'all' }), 1).historyFromMs, 0);
  t.equal(toGrant(stored({ history: '2020-05-01' }), 1).historyFromMs, Date.parse('2020-05-01T00:00:00+08:00'));
});

t.test('a suspended grant expires with its period, a terminated one stays terminated', async (t) => {
  const during = Date.parse('2026-06-01T00:00:00Z');
  const after = Date.parse('2028-01-01T00:00:00Z');
  t.equal(statusAt(toGrant(stored({ status: 'suspended' }), 1), during), 'suspended');
  t.equal(statusAt(toGrant(stored({ status: 'suspended' }), 1), after), 'expired');
  t.equal(statusAt(toGrant(stored({ status: 'terminated' }), 1), after), 'terminated');
});
