import t from 'tap';
import { SeededRandom } from '../../support/seeded-random.js';
import { runLicences } from './licences-through-postgres.js';

t.setTimeout(110_000);

/** The long form, with a hundred kills, is tests/soak/licences-through-postgres.soak.ts. */
t.test('licences reach two departments while every part of the way is killed', { timeout: 105_000 }, async (t) => {
  const random = SeededRandom.fromEnvironment('SLUICE_JOURNEY_SEED');
  t.comment(`seed ${random.seed}; set SLUICE_JOURNEY_SEED to repeat it`);
  await runLicences(t, random, {
    rows: 600,
    kills: 3,
    calmMs: { least: 300, most: 900 },
    changePauseMs: 20,
    settleMsMax: 60_000,
  });
});
