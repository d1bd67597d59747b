import t from 'tap';
import { type CommitMode, CommitPolicy } from './commit-policy.js';

/** Milliseconds that a commit takes. */
type Store = (way: CommitMode, events: number) => number;

/** As measured on one server that syncs every write: a batch costs 4 ms and little more, a single write 0.22 ms. */
const ONE_SYNCED_SERVER: Store = (way, events) => (way === 'batch' ? 4 + events * 0.013 : events * 0.22);
/** A cluster of three: what is under way together shares an append. */
const CLUSTER: Store = (way, events) =>
  way === 'batch' ? 6 + events * 0.04 : 2 + events * (events > 100 ? 0.022 : 0.06);
/** A disk that takes 5 ms for a sync. */
const SLOW_DISK: Store = (way, events) => (way === 'batch' ? 20 + events * 0.013 : events * 5);

/** The ways of so many commits, and the milliseconds that they took together. */
function run(policy: CommitPolicy, store: Store, events: number, commits: number): { ways: CommitMode[]; ms: number } {
  const ways: CommitMode[] = [];
  let sum = 0;
  for (let i = 0; i < commits; i++) {
    const size = Math.min(events, policy.nextCommitMax());
    const way = policy.choose(size);
    const ms = store(way, size);
    policy.measured(way, size, ms);
    ways.push(way);
    sum += ms;
  }
  return { ways, ms: sum };
}

const share = (ways: CommitMode[], way: CommitMode): number => ways.filter((one) => one === way).length / ways.length;

t.test('few events always go singly', async (t) => {
  t.equal(share(run(new CommitPolicy(), ONE_SYNCED_SERVER, 20, 500).ways, 'singles'), 1);
});

t.test('on one server that syncs every write many events go as batches; looking again costs a hundredth', async (t) => {
  for (const events of [50, 1_000]) {
    const { ways, ms } = run(new CommitPolicy(), ONE_SYNCED_SERVER, events, 10_000);
    t.ok(share(ways, 'batch') > 0.98, `of ${events}: ${share(ways, 'batch')}`);
    t.ok(ms < 1.02 * 10_000 * ONE_SYNCED_SERVER('batch', events), `${events}: ${ms}`);
  }
});

t.test('on a cluster where singles are faster they are found and kept', async (t) => {
  const policy = new CommitPolicy();
  run(policy, CLUSTER, 500, 200);
  t.ok(share(run(policy, CLUSTER, 500, 2_000).ways, 'singles') > 0.98);
});

t.test('a store that changes is followed', async (t) => {
  const policy = new CommitPolicy();
  run(policy, CLUSTER, 500, 1_000);
  run(policy, ONE_SYNCED_SERVER, 500, 200);
  t.ok(share(run(policy, ONE_SYNCED_SERVER, 500, 500).ways, 'batch') > 0.95);
});

t.test('what small commits cost keeps a large one from being tried singly on a slow disk', async (t) => {
  const policy = new CommitPolicy();
  run(policy, SLOW_DISK, 10, 20);
  t.equal(share(run(policy, SLOW_DISK, 1_000, 5_000).ways, 'batch'), 1);
});

t.test('where nothing is known smaller commits tell first, and no large one is tried singly in vain', async (t) => {
  const singlesOn = (store: Store): number[] => {
    const policy = new CommitPolicy();
    const sizes: number[] = [];
    for (let i = 0; i < 5_000; i++) {
      const size = Math.min(1_000, policy.nextCommitMax());
      const way = policy.choose(size);
      policy.measured(way, size, store(way, size));
      if (way === 'singles') sizes.push(size);
    }
    return sizes;
  };
  t.same(singlesOn(SLOW_DISK), [20]);
  t.same(singlesOn(ONE_SYNCED_SERVER), [20, 100]);
});

t.test('sizes are judged apart', async (t) => {
  const policy = new CommitPolicy();
  const mixed: Store = (way, events) => (way === 'batch' ? 4 : events * 0.03);
  run(policy, mixed, 60, 200);
  run(policy, mixed, 900, 200);
  t.ok(share(run(policy, mixed, 60, 200).ways, 'singles') > 0.9);
  t.ok(share(run(policy, mixed, 900, 200).ways, 'batch') > 0.9);
});
