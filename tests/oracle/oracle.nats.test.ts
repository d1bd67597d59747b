import t from 'tap';
import { OPERATOR_TOKEN, SHARED_SECRET, startBroker } from '../support/broker/broker.js';
import { SeededRandom } from '../support/seeded-random.js';
import { checkOracle } from './check-oracle.js';
import { oracleBus } from './oracle-bus.js';

t.setTimeout(110_000);

/** The long form, with ten million pairs, is tests/soak/oracle.soak.ts. */
t.test('a real bus and a naive model of it agree on what everybody receives', async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_ORACLE_SEED');
  t.comment(`seed ${seed} (SLUICE_ORACLE_SEED)`);
  const { url } = await startBroker(t);
  const bus = await oracleBus({ url, token: OPERATOR_TOKEN }, SHARED_SECRET);
  const short = await checkOracle(bus, { story: 'short', seed, runs: 40, timeLimitMs: 20_000, shrinkMs: 20_000 });
  const long = await checkOracle(bus, { story: 'long', seed, runs: 3, timeLimitMs: 10_000, shrinkMs: 20_000 });
  t.ok(short > 0 && long > 0, `${short + long} (event, grant) pairs`);
});
