import t from 'tap';
import { SeededRandom } from '../../support/seeded-random.js';
import { runLicences } from './licences-through-postgres.js';

t.setTimeout(110_000);

t.test('licences reach two departments while every part of the way is killed', { timeout: 105_000 }, async (t) => {
  const random = SeededRandom.fromEnvironment('SLUICE_JOURNEY_SEED');
  t.comment(`seed ${random.seed}; set SLUICE_JOURNEY_SEED to repeat it`);
  await runLicences(t, random, {
    rows: 1_500,
    kills: 5,
    calmMs: { least: 300, most: 1_200 },
    changePauseMs: 10,
    settleMsMax: 60_000,
  });
});
