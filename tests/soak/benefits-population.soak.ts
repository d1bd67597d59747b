import t from 'tap';
import { ServerDatabase } from '../../benefits/store/server-database.js';
import { BenefitBus } from '../support/benefits/benefit-bus.js';
import { compareWithBatch } from '../support/benefits/benefit-comparison.js';
import { runPopulation } from '../support/benefits/benefit-run.js';
import { startPostgres } from '../support/connectors/postgres.js';
import { SeededRandom } from '../support/seeded-random.js';

const PEOPLE = Number(process.env.SLUICE_BENEFITS_PEOPLE ?? 100_000);
const YEARS_DAYS = 3 * 365 + 1;
const TIMEOUT_MS = 7_200_000;
t.setTimeout(TIMEOUT_MS);

/** 100,000 people took 491 s on two busy cores. */
t.test(`after three years ${PEOPLE} people's decisions are those of a batch over the final registers`, async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_BENEFITS_SEED');
  t.comment(`seed ${seed} (SLUICE_BENEFITS_SEED)`);
  const bus = await BenefitBus.start(t);
  const { url } = await startPostgres(t);
  const database = new ServerDatabase(url, 'three years', 'soak');
  const startedAt = Date.now();
  const run = await runPopulation(bus, database, {
    seed,
    people: PEOPLE,
    from: '2024-02-20',
    days: YEARS_DAYS,
    stepDays: 7,
    schema: 'three_years',
  });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const compared = await compareWithBatch(run.check.store, run.batch);
  await run.check.stop();
  await database[Symbol.asyncDispose]();
  t.comment(
    `${run.events} events, ${compared.decisions} decisions, ${compared.applying} of them apply, in ${seconds} s`,
  );
  t.strictSame(compared.differences, []);
  t.equal(compared.explained, compared.applying, 'each explanation names the events it stands on');
});
