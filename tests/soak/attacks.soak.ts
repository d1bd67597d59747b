import t from 'tap';
import { AttackedBus } from '../attacks/fuzz/attacked-bus.js';
import { fuzz } from '../attacks/fuzz/fuzz-run.js';
import { SURFACES } from '../attacks/fuzz/surfaces.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Over all surfaces. A million takes about an hour on two cores. */
const INPUTS = Number(process.env.SLUICE_FUZZ_INPUTS || 10_000_000);
const SOAK_MS_MAX = 24 * 60 * 60 * 1000;
const SLICE_INPUTS = 2_000;
const SLICE_MS_MAX = 10 * 60 * 1000;
const HOLD_MS_MAX = 250;
/** Caches and pools fill up during the first slices; after that memory must be flat. */
const WARM_SLICES = 5;
const GROWTH_MIB_MAX = 64;

t.setTimeout(SOAK_MS_MAX);

t.test(`${INPUTS} fuzzed inputs: no crash, no 5xx, memory flat, witness served`, async (t) => {
  t.setTimeout(SOAK_MS_MAX);
  const { seed } = SeededRandom.fromEnvironment('SLUICE_FUZZ_SEED');
  t.comment(`seed ${seed} (SLUICE_FUZZ_SEED)`);
  const bus = await AttackedBus.start(t);
  let warmMiB: number | undefined;
  for (let sent = 0, slice = 0; sent < INPUTS; slice++) {
    for (const surface of SURFACES) {
      sent += await fuzz(bus, surface, { inputs: SLICE_INPUTS, seed: seed + slice * 100, timeLimitMs: SLICE_MS_MAX });
    }
    if (slice === WARM_SLICES) warmMiB = bus.residentMiB();
    t.comment(`${sent} inputs, ${bus.residentMiB()} MiB`);
  }
  const figures = await bus.finish();
  t.comment(JSON.stringify(figures));
  t.ok(figures.holdMs <= HOLD_MS_MAX, `the event loop was held for ${figures.holdMs} ms`);
  const growthMiB = (figures.residentMiB ?? 0) - (warmMiB ?? figures.residentMiB ?? 0);
  t.ok(growthMiB <= GROWTH_MIB_MAX, `memory grew by ${growthMiB} MiB after the first slices`);
});
