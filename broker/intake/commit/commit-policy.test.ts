import t from 'tap';
import { type CommitMode, CommitPolicy } from './commit-policy.js';

/** Milliseconds that a commit takes. */
type Store = (mode: CommitMode, events: number) => number;

/** Measured on one server that syncs every write: a batch costs about 4 ms, a single write 0.22 ms. */
const ONE_SYNCED_SERVER: Store = (mode, events) => (mode === 'batch' ? 4 + events * 0.013 : events * 0.22);
/** A cluster of three: messages that are in flight together share an append. */
const CLUSTER: Store = (mode, events) =>
  mode === 'batch' ? 6 + events * 0.04 : 2 + events * (events > 100 ? 0.022 : 0.06);
/** One server whose disk takes 5 ms per sync. */
const SLOW_DISK: Store = (mode, events) => (mode === 'batch' ? 20 + events * 0.013 : events * 5);

/** The modes of so many commits, and the milliseconds that they took together. */
function run(policy: CommitPolicy, store: Store, events: number, commits: number): { modes: CommitMode[]; ms: number } {
  const modes: CommitMode[] = [];
  let sum = 0;
  for (let i = 0; i < commits; i++) {
    const size = Math.min(events, policy.nextCommitMax());
    const mode = policy.choose(size);
    const ms = store(mode, size);
    policy.measured(mode, size, ms);
    modes.push(mode);
    sum += ms;
  }
  return { modes, ms: sum };
}

const share = (modes: CommitMode[], mode: CommitMode): number =>
  modes.filter((one) => one === mode).length / modes.length;

t.test('commits of few events always go as singles', async (t) => {
  t.equal(share(run(new CommitPolicy(), ONE_SYNCED_SERVER, 20, 500).modes, 'singles'), 1);
});

t.test('on one server that syncs every write large commits go as batches, and probing costs a hundredth', async (t) => {
  for (const events of [50, 1_000]) {
    const { modes, ms } = run(new CommitPolicy(), ONE_SYNCED_SERVER, events, 10_000);
    t.ok(share(modes, 'batch') > 0.98, `${events} events: ${share(modes, 'batch')}`);
    t.ok(ms < 1.02 * 10_000 * ONE_SYNCED_SERVER('batch', events), `${events}: ${ms}`);
  }
});

t.test('on a cluster where singles are faster the policy finds and keeps them', async (t) => {
  const policy = new CommitPolicy();
  run(policy, CLUSTER, 500, 200);
  t.ok(share(run(policy, CLUSTER, 500, 2_000).modes, 'singles') > 0.98);
});

t.test('the policy follows a store whose costs change', async (t) => {
  const policy = new CommitPolicy();
  run(policy, CLUSTER, 500, 1_000);
  run(policy, ONE_SYNCED_SERVER, 500, 200);
  t.ok(share(run(policy, ONE_SYNCED_SERVER, 500, 500).modes, 'batch') > 0.95);
});

t.test('on a slow disk the cost of small commits keeps large ones from being probed as singles', async (t) => {
  const policy = new CommitPolicy();
  run(policy, SLOW_DISK, 10, 20);
  t.equal(share(run(policy, SLOW_DISK, 1_000, 5_000).modes, 'batch'), 1);
});

t.test('without measurements the policy probes with small commits first, and with no large one in vain', async (t) => {
  const singlesOn = (store: Store): number[] => {
    const policy = new CommitPolicy();
    const sizes: number[] = [];
    for (let i = 0; i < 5_000; i++) {
      const size = Math.min(1_000, policy.nextCommitMax());
      const mode = policy.choose(size);
      policy.measured(mode, size, store(mode, size));
      if (mode === 'singles') sizes.push(size);
    }
    return sizes;
  };
  t.same(singlesOn(SLOW_DISK), [20]);
  t.same(singlesOn(ONE_SYNCED_SERVER), [20, 100]);
});

t.test('size classes are measured apart', async (t) => {
  const policy = new CommitPolicy();
  const mixed: Store = (mode, events) => (mode === 'batch' ? 4 : events * 0.03);
  run(policy, mixed, 60, 200);
  run(policy, mixed, 900, 200);
  t.ok(share(run(policy, mixed, 60, 200).modes, 'singles') > 0.9);
  t.ok(share(run(policy, mixed, 900, 200).modes, 'batch') > 0.9);
});
