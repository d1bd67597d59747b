import t from 'tap';
import { SeededRandom } from '../../support/seeded-random.js';
import { runLicences } from './licences-through-postgres.js';

t.setTimeout(200_000);

t.test('licences arrive though the first events failed and the source was killed', { timeout: 195_000 }, async (t) => {
  const random = SeededRandom.fromEnvironment('SLUICE_JOURNEY_SEED');
  t.comment(`seed ${random.seed}; set SLUICE_JOURNEY_SEED to repeat it`);
  await runLicences(t, random, {
    rows: 600,
    kills: 0,
    calmMs: { least: 300, most: 900 },
    changePauseMs: 20,
    settleMsMax: 60_000,
    failsFirstEvents: true,
  });
});
