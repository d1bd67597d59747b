import t from 'tap';
import { checkOracle } from '../oracle/check-oracle.js';
import { oracleBus } from '../oracle/oracle-bus.js';
import type { StorySize } from '../oracle/stories/story-sizes.js';
import { OPERATOR_TOKEN, SHARED_SECRET, startBroker } from '../support/broker/broker.js';
import { SeededRandom } from '../support/seeded-random.js';

const PAIRS = Number(process.env.SLUICE_ORACLE_PAIRS || 10_000_000);
/** Stories that run side by side: each waits often, and together they keep the bus busy. */
const STORIES_AT_ONCE = 4;
/** Ten million pairs take a quarter of an hour on two idle cores. */
const SOAK_MS_MAX = 3 * 60 * 60 * 1000;
const STORY_MS_MAX = 30 * 60 * 1000;
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
  let runs = 0;
  const runStories = async (): Promise<void> => {
    while (pairs < PAIRS) {
      const run = runs++;
      const story = only ?? storyOf(run);
      const seed = first + run;
      const agreed = await checkOracle(bus, {
        story,
        seed,
        runs: RUNS[story],
        timeLimitMs: STORY_MS_MAX,
        shrinkMs: SHRINK_MS_MAX,
      });
      // Added after the wait, since the other stories count meanwhile.
      pairs += agreed;
      t.comment(`run ${run}: seed ${seed}, ${story} stories, ${pairs} pairs so far`);
    }
  };
  await Promise.all(Array.from({ length: STORIES_AT_ONCE }, runStories));
  t.ok(pairs >= PAIRS, `${pairs} pairs`);
});

/** Vast stories make the number of pairs; short ones reach the odd cases. */
const storyOf = (run: number): StorySize => (run % 6 === 4 ? 'short' : run % 6 === 5 ? 'long' : 'vast');
