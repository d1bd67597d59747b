import t from 'tap';
import { found, startLawfulBus } from '../../support/lawful/lawful-bus.js';
import { WALK_PEOPLE } from '../../support/lawful/walk/officers.js';
import { walk } from '../../support/lawful/walk/random-walk.js';
import { tables } from '../../support/lawful/walk/table.js';
import { SeededRandom } from '../../support/seeded-random.js';

const ACTS = Number(process.env.SLUICE_WALK_ACTS || 120);
/** Ends a walk that hangs; on a machine of its own a walk takes a tenth of it. */
const TIME_MS_MAX = 120_000 + ACTS * 500;

t.setTimeout(TIME_MS_MAX);

t.test(`bus and model agree on ${ACTS} random acts of forty officers`, { timeout: TIME_MS_MAX }, async (t) => {
  // The soak draws a new walk each time; this one is the same for everybody.
  const random = new SeededRandom(Number(process.env.SLUICE_WALK_SEED || 41));
  t.comment(`seed ${random.seed} (SLUICE_WALK_SEED), ${ACTS} acts (SLUICE_WALK_ACTS)`);
  const bus = await startLawfulBus(t);
  await found(bus, WALK_PEOPLE);
  const walker = await walk({ clients: [bus] }, { acts: ACTS, random, progress: (line) => t.comment(line) });
  t.comment(walker.coverage.report());
  t.strictSame(walker.mismatches, []);
  const [model, published] = tables(await bus.read('lin', '/v1/procedures'));
  t.strictSame(published, model, 'the table that is published is the one of the law');
});
