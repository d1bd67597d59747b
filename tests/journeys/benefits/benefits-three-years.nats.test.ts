import t from 'tap';
import { BenefitBus } from '../../support/benefits/benefit-bus.js';
import { compareWithBatch } from '../../support/benefits/benefit-comparison.js';
import { runPopulation } from '../../support/benefits/benefit-run.js';
import { openEmbedded } from '../../support/benefits/embedded-template.js';
import { SeededRandom } from '../../support/seeded-random.js';

/** Several times what a quiet machine takes. */
const TIMEOUT_MS = 180_000;
t.setTimeout(TIMEOUT_MS);
const YEARS_DAYS = 3 * 365 + 1;

/** The long form, with 100,000 people, is tests/soak/benefits-population.soak.ts. */
t.test('after three years 150 people’s decisions are those of a batch over the final registers', async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_BENEFITS_SEED');
  t.comment(`seed ${seed} (SLUICE_BENEFITS_SEED)`);
  const bus = await BenefitBus.start(t);
  const database = await openEmbedded(t);
  const run = await runPopulation(bus, database, {
    seed,
    people: 150,
    from: '2024-02-20',
    days: YEARS_DAYS,
    stepDays: 90,
    schema: 'three_years',
  });
  const compared = await compareWithBatch(run.check.store, run.batch);
  await run.check.stop();
  await database[Symbol.asyncDispose]();
  t.comment(`${run.events} events, ${compared.decisions} decisions, ${compared.applying} of them apply`);
  t.strictSame(compared.differences, []);
  t.ok(
    compared.applying > 30 && compared.explained === compared.applying,
    'each explanation names the events it stands on',
  );
});
