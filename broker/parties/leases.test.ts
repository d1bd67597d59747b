import t from 'tap';
import { SluiceError } from '../../proto/errors.js';
import type { Caller, SystemCaller } from './caller.js';
import { Leases } from './leases.js';

const SYSTEM: SystemCaller = { kind: 'system', id: 'reader', party: 'service', may: ['publish', 'subscribe'] };

function leasesOf(owners: Map<string, Caller>): Leases {
  return new Leases({ ownerOf: (digest) => owners.get(digest) });
}

t.test('a lease ends with the ledger record that withdraws its credential, and no other lease does', async (t) => {
  const owners = new Map<string, Caller>([
    ['digest', SYSTEM],
    ['other', { ...SYSTEM, id: 'other' }],
  ]);
  const leases = leasesOf(owners);
  const lease = leases.take(leases.credential(SYSTEM, 'digest'));
  const other = leases.take(leases.credential({ ...SYSTEM, id: 'other' }, 'other'));
  leases.onRecord({ kind: 'system', id: 'reader' });
  t.notOk(lease.signal.aborted, 'a record that changes nothing ends nothing');
  owners.delete('digest');
  leases.onRecord({ kind: 'system', id: 'reader' });
  t.ok(lease.signal.aborted);
  t.match(lease.signal.reason, { code: 'NOT_AUTHENTICATED' });
  t.throws(() => lease.check(), { code: 'NOT_AUTHENTICATED' });
  t.notOk(other.signal.aborted);
  other.release();
});

t.test('a holder that asked to be called is called once, in the turn in which its lease ends', async (t) => {
  const owners = new Map<string, Caller>([['digest', SYSTEM]]);
  const leases = leasesOf(owners);
  const lease = leases.take(leases.credential(SYSTEM, 'digest'));
  let calls = 0;
  lease.whenEnded(() => calls++);
  owners.delete('digest');
  leases.onRecord({ kind: 'system', id: 'reader' });
  leases.onRecord({ kind: 'system', id: 'reader' });
  t.equal(calls, 1);
  t.ok(lease.hasEnded);
  t.match(lease.signal.reason, { code: 'NOT_AUTHENTICATED' }, 'a signal that is made afterwards is aborted');
});

t.test('nobody waits for a lease that was released before its right ended', async (t) => {
  const owners = new Map<string, Caller>([['digest', SYSTEM]]);
  const leases = leasesOf(owners);
  const [released, held] = [0, 1].map(() => leases.take(leases.credential(SYSTEM, 'digest')));
  released!.release();
  owners.delete('digest');
  leases.onRecord({ kind: 'system', id: 'reader' });
  t.throws(() => released!.check(), { code: 'NOT_AUTHENTICATED' });
  let isStopped = false;
  const stopped = leases.stopped().then(() => {
    isStopped = true;
  });
  await new Promise(setImmediate);
  t.notOk(isStopped, 'one still runs under its lease');
  held!.release();
  await new Promise(setImmediate);
  t.ok(isStopped);
  await stopped;
});

t.test('a lease for one right outlives the loss of another', async (t) => {
  const owners = new Map<string, Caller>([['digest', SYSTEM]]);
  const leases = leasesOf(owners);
  const upload = leases.take(leases.credential(SYSTEM, 'digest', 'publish'));
  const session = leases.take(leases.credential(SYSTEM, 'digest'));
  owners.set('digest', { ...SYSTEM, may: ['publish'] });
  leases.onRecord({ kind: 'system', id: 'reader' });
  t.notOk(upload.signal.aborted);
  t.match(session.signal.reason, { code: 'NOT_ALLOWED' });
  upload.release();
});

t.test('a lease ends by itself when a condition ends by time', async (t) => {
  const leases = leasesOf(new Map());
  const endsAtMs = performance.now() + 20;
  // The timer of the leases does not keep a process alive.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  const expired = new SluiceError('GRANT_NOT_IN_FORCE', 'grant g is expired');
  const lease = leases.take({
    records: [],
    endsByTime: true,
    ended: () => (performance.now() >= endsAtMs ? expired : undefined),
  });
  await new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
  t.equal(lease.signal.reason, expired);
});

t.test('a lease is refused while one of its rights is missing', async (t) => {
  const leases = leasesOf(new Map());
  t.throws(() => leases.take(leases.credential(SYSTEM, 'digest')), { code: 'NOT_AUTHENTICATED' });
});
