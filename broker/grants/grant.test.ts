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

t.test('days are whole days at UTC+8, the last one to its end', async (t) => {
  const grant = toGrant(stored(), 1);
  t.equal(statusAt(grant, Date.parse('2025-12-31T23:59:59+08:00')), 'provisioning');
  t.equal(statusAt(grant, Date.parse('2026-01-01T00:00:00+08:00')), 'in_force');
  t.equal(statusAt(grant, Date.parse('2026-12-31T23:59:59.999+08:00')), 'in_force');
  t.equal(statusAt(grant, Date.parse('2027-01-01T00:00:00+08:00')), 'expired');
});

t.test('instants are taken as they are', async (t) => {
  const grant = toGrant(stored({ period: { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:01Z' } }), 1);
  t.equal(grant.toMs - grant.fromMs, 1_000);
});

t.test('history begins with the period, with the log, or at a day', async (t) => {
  const from = Date.parse('2026-01-01T00:00:00+08:00');
  t.equal(toGrant(stored(), 1).historyFromMs, from);
  t.equal(toGrant(stored({ history: 'none' }), 1).historyFromMs, from);
  t.equal(toGrant(stored({ history: 'all' }), 1).historyFromMs, 0);
  t.equal(toGrant(stored({ history: '2020-05-01' }), 1).historyFromMs, Date.parse('2020-05-01T00:00:00+08:00'));
});

t.test('acts come before the period, and a terminated grant is nothing else any more', async (t) => {
  const during = Date.parse('2026-06-01T00:00:00Z');
  const after = Date.parse('2028-01-01T00:00:00Z');
  t.equal(statusAt(toGrant(stored({ status: 'suspended' }), 1), during), 'suspended');
  t.equal(statusAt(toGrant(stored({ status: 'suspended' }), 1), after), 'expired');
  t.equal(statusAt(toGrant(stored({ status: 'terminated' }), 1), after), 'terminated');
});
