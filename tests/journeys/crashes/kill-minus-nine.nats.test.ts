import t from 'tap';
import { SeededRandom } from '../../support/seeded-random.js';
import { surviveKills } from './kill-run.js';

t.setTimeout(300_000);

/** The long form, with twenty kills, is tests/soak/kill-minus-nine.soak.ts. */
t.test(
  'nothing acknowledged is lost and nothing acked comes again when broker or nats-server are killed',
  async (t) => {
    const random = SeededRandom.fromEnvironment('SLUICE_KILL_SEED');
    t.comment(`seed ${random.seed} (SLUICE_KILL_SEED)`);
    await surviveKills(t, { kills: 2, random });
  },
);
