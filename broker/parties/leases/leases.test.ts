import t from 'tap';
import { SluiceError } from '../../../proto/errors.js';
import type { Caller, SystemCaller } from '../caller.js';
import { Leases } from './leases.js';
import type { EndingAct } from './revocation-report.js';

const SYSTEM: SystemCaller = { kind: 'system', id: 'reader', party: 'service', may: ['publish', 'subscribe'] };

const WITHDRAWAL = { kind: 'system', id: 'reader', time: '2026-11-29T00:00:00Z' } as const;

const READ_AT_MS = Date.parse(WITHDRAWAL.time) + 300;

function leasesOf(owners: Map<string, Caller>, lastByteSent: (act: EndingAct) => void = () => undefined): Leases {
  const credentials = { ownerOf: (digest: string) => owners.get(digest) };
  return new Leases({ credentials, revocations: { lastByteSent }, clock: () => READ_AT_MS });
}

t.test('a lease ends with the ledger record that withdraws its credential, and no other lease does', async (t) => {
  const owners = new Map<string, Caller>([
    ['digest', SYSTEM],
    ['other', { ...SYSTEM, id: 'other' }],
  ]);
  const leases = leasesOf(owners);
  const lease = leases.take(leases.credential(SYSTEM, 'digest'));
  const other = leases.take(leases.credential({ ...SYSTEM, id: 'other' }, 'other'));
  leases.onRecord(WITHDRAWAL);
  t.notOk(lease.signal.aborted, 'a record that changes nothing ends nothing');
  owners.delete('digest');
  leases.onRecord(WITHDRAWAL);
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
  leases.onRecord(WITHDRAWAL);
  leases.onRecord(WITHDRAWAL);
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
  leases.onRecord(WITHDRAWAL);
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

t.test(
  'the last byte under a lease that an act has ended is reported once, with the act and when it was read',
  async (t) => {
    const owners = new Map<string, Caller>([['digest', SYSTEM]]);
    const reported: EndingAct[] = [];
    const leases = leasesOf(owners, (act) => reported.push(act));
    const [sent, open, released] = [0, 1, 2].map(() => leases.take(leases.credential(SYSTEM, 'digest')));
    const expired = new SluiceError('GRANT_NOT_IN_FORCE', 'grant g is expired');
    let isExpired = false;
    const timed = leases.take({ records: [], endsByTime: true, ended: () => (isExpired ? expired : undefined) });
    sent!.lastByteSent();
    owners.delete('digest');
    isExpired = true;
    leases.onRecord(WITHDRAWAL);
    t.throws(() => timed.check(), expired);
    t.strictSame(reported, [], 'bytes may still wait');
    open!.lastByteSent();
    for (const lease of [sent, open, released, timed]) lease!.release();
    const act = { right: 'a right of system reader', atMs: Date.parse(WITHDRAWAL.time), readAtMs: READ_AT_MS };
    t.strictSame(reported, [act, act], 'of one that had sent its last byte before, or ended by time, nothing');
  },
);

t.test('a lease for one right outlives the loss of another', async (t) => {
  const owners = new Map<string, Caller>([['digest', SYSTEM]]);
  const leases = leasesOf(owners);
  const upload = leases.take(leases.credential(SYSTEM, 'digest', 'publish'));
  const session = leases.take(leases.credential(SYSTEM, 'digest'));
  owners.set('digest', { ...SYSTEM, may: ['publish'] });
  leases.onRecord(WITHDRAWAL);
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
