import t from 'tap';
import { killedAtAnyMoment } from '../journeys/benefits/crash-run.js';
import { BenefitBus } from '../support/benefits/benefit-bus.js';
import { startPostgres } from '../support/connectors/postgres.js';

/** Kills of each form of the check. */
const KILLS = Number(process.env.SLUICE_SOAK_KILLS ?? 30);
const CHILDREN_PER_KILL = 70;
const MS_PER_KILL_MAX = 30_000;

t.setTimeout((2 * KILLS + 20) * MS_PER_KILL_MAX);

t.test('a check that is killed many times publishes each decision exactly once', async (t) => {
  t.setTimeout((2 * KILLS + 20) * MS_PER_KILL_MAX);
  t.comment(`${KILLS} kills of each form of the check; set SLUICE_SOAK_KILLS`);
  const bus = await BenefitBus.start(t);
  const postgres = await startPostgres(t);
  const children = KILLS * CHILDREN_PER_KILL;
  await killedAtAnyMoment(t, bus, { postgres, first: 10, children, kills: KILLS });
  await killedAtAnyMoment(t, bus, { postgres: undefined, first: 10 + children, children, kills: KILLS });
});
