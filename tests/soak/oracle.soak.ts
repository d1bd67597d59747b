import t from 'tap';
import { checkOracle } from '../oracle/check-oracle.js';
import { oracleBus } from '../oracle/oracle-bus.js';
import type { StorySize } from '../oracle/stories/story-sizes.js';
import { OPERATOR_TOKEN, SHARED_SECRET, startBroker } from '../support/broker/broker.js';
import { SeededRandom } from '../support/seeded-random.js';

const PAIRS = Number(process.env.SLUICE_ORACLE_PAIRS || 10_000_000);
/** Stories that run side by side: each waits often, and together they keep the bus busy. */
const TELLERS = 4;
/** Ten million pairs take a quarter of an hour on two idle cores. */
const SOAK_MS_MAX = 3 * 60 * 60 * 1000;
const ROUND_MS_MAX = 30 * 60 * 1000;
const SHRINK_MS_MAX = 5 * 60 * 1000;
/** Stories per run of each size. */
const RUNS: Record<StorySize, number> = { short: 200, long: 20, vast: 3 };

t.setTimeout(SOAK_MS_MAX);

t.test(`bus and model agree on ${PAIRS} (event, grant) pairs`, async (t) => {
  const { seed: first } = SeededRandom.fromEnvironment('SLUICE_ORACLE_SEED');
  const only = process.env.SLUICE_ORACLE_STORY as StorySize | undefined;
  t.comment(
    `seed ${first} (SLUICE_ORACLE_SEED, with SLUICE_ORACLE_STORY=short|long|vast for one kind of stories only)`,
  );
  const { url } = await startBroker(t);
  const bus = await oracleBus({ url, token: OPERATOR_TOKEN }, SHARED_SECRET);
  t.setTimeout(SOAK_MS_MAX);
  let pairs = 0;
  let rounds = 0;
  const tell = async (): Promise<void> => {
    while (pairs < PAIRS) {
      const round = rounds++;
      const story = only ?? storyOf(round);
      const seed = first + round;
      const agreed = await checkOracle(bus, {
        story,
        seed,
        runs: RUNS[story],
        timeLimitMs: ROUND_MS_MAX,
        shrinkMs: SHRINK_MS_MAX,
      });
      // Added after the wait, since the other tellers count meanwhile.
      pairs += agreed;
      t.comment(`round ${round}: seed ${seed}, ${story} stories, ${pairs} pairs so far`);
    }
  };
  await Promise.all(Array.from({ length: TELLERS }, tell));
  t.ok(pairs >= PAIRS, `${pairs} pairs`);
});

/** Vast stories make the number of pairs; short ones reach the odd cases. */
const storyOf = (round: number): StorySize => (round % 6 === 4 ? 'short' : round % 6 === 5 ? 'long' : 'vast');
