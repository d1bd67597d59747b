import t from 'tap';
import { SeededRandom } from '../../support/seeded-random.js';
import { AttackedBus } from './attacked-bus.js';
import { fuzz } from './fuzz-run.js';
import { SURFACES } from './surfaces.js';

/** Per surface. The long run is tests/soak/attacks.soak.ts. */
const INPUTS = 200;
/** Reached on a very busy machine alone. */
const TIME_LIMIT_MS = 20_000;
/** On a machine that runs other tests too; the soak measures it. */
const HOLD_MS_MAX = 5_000;
const GROWTH_MIB_MAX = 250;

t.test('fuzzed inputs are answered, hold nothing up, and disturb no other department', async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_FUZZ_SEED');
  t.comment(`seed ${seed} (SLUICE_FUZZ_SEED)`);
  const bus = await AttackedBus.start(t);
  for (const surface of SURFACES) {
    const sent = await fuzz(bus.target, surface, { inputs: INPUTS, seed, timeLimitMs: TIME_LIMIT_MS });
    t.ok(sent > 20, `${sent} inputs for ${surface.name}`);
  }
  const figures = await bus.finish();
  t.comment(JSON.stringify(figures));
  t.ok(figures.holdMs <= HOLD_MS_MAX, `one turn of the event loop took ${figures.holdMs} ms`);
  t.ok((figures.growthMiB ?? 0) <= GROWTH_MIB_MAX, `memory grew by ${figures.growthMiB} MiB`);
  t.ok(figures.pulses >= 20, `the witness received its ${figures.pulses} events and no others`);
});
