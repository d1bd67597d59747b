import t from 'tap';
import { found } from '../support/lawful/lawful-bus.js';
import { BrokerProcesses } from '../support/lawful/walk/broker-processes.js';
import { WALK_PEOPLE } from '../support/lawful/walk/officers.js';
import { walk } from '../support/lawful/walk/random-walk.js';
import { tables } from '../support/lawful/walk/table.js';
import { SeededRandom } from '../support/seeded-random.js';

const ACTS = Number(process.env.SLUICE_WALK_ACTS || 20_000);
const KILLS = Number(process.env.SLUICE_WALK_KILLS || 20);
const BROKERS = Number(process.env.SLUICE_WALK_BROKERS || 3);
/** How often two acts meet on one file. */
const RACES = 0.05;
/** Far above the half hour that it takes on two idle cores. */
const SOAK_MS_MAX = 2 * 60 * 60 * 1000;

t.setTimeout(SOAK_MS_MAX);

t.test(`${BROKERS} brokers and the model agree on ${ACTS} acts with ${KILLS} kills`, async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const random = SeededRandom.fromEnvironment('SLUICE_WALK_SEED');
  t.comment(`seed ${random.seed}; set SLUICE_WALK_SEED, _ACTS, _KILLS, _BROKERS, and _LOG for a file with every act`);
  const bus = await BrokerProcesses.start(t, BROKERS);
  await found(bus.clients[0]!, WALK_PEOPLE);
  const killEvery = Math.max(1, Math.floor(ACTS / KILLS));
  const walker = await walk(bus, { acts: ACTS, random, killEvery, races: RACES, progress: (line) => t.comment(line) });
  t.comment(walker.coverage.report());
  t.strictSame(walker.mismatches, []);
  const [model, published] = tables(await bus.clients[0]!.read('lin', '/v1/procedures'));
  t.strictSame(published, model, 'the table that is published is the one of the law');
  t.strictSame(walker.coverage.missing(), [], 'every transition was made and every refusal given');
});
