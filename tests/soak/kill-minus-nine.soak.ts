import t from 'tap';
import { surviveKills } from '../journeys/crashes/kill-run.js';
import { SeededRandom } from '../support/seeded-random.js';

const SOAK_MS_MAX = 30 * 60 * 1000;
t.setTimeout(SOAK_MS_MAX);

t.test('twenty kills during publishing and streaming lose and repeat no acknowledged event', async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const random = SeededRandom.fromEnvironment('SLUICE_KILL_SEED');
  t.comment(`seed ${random.seed} (SLUICE_KILL_SEED)`);
  await surviveKills(t, { kills: 20, random });
});
