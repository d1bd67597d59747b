import t from 'tap';
import { runLicences } from '../journeys/licences/licences-through-postgres.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Kills, some seconds apart. */
const KILLS = Number(process.env.SLUICE_SOAK_KILLS ?? 100);
const MS_PER_KILL_MAX = 15_000;

t.setTimeout((KILLS + 20) * MS_PER_KILL_MAX);

t.test(
  'the licences of a city reach two departments through a hundred kills',
  { timeout: (KILLS + 19) * MS_PER_KILL_MAX },
  async (t) => {
    const random = SeededRandom.fromEnvironment('SLUICE_SOAK_SEED');
    t.comment(`seed ${random.seed}, ${KILLS} kills; set SLUICE_SOAK_SEED and SLUICE_SOAK_KILLS`);
    await runLicences(t, random, {
      rows: 10_000,
      kills: KILLS,
      calmMs: { least: 100, most: 5_000 },
      changePauseMs: 5,
      settleMsMax: 180_000,
    });
  },
);
