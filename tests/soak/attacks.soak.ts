import t from 'tap';
import { AttackedBus } from '../attacks/fuzz/attacked-bus.js';
import { fuzz } from '../attacks/fuzz/fuzz-run.js';
import { SURFACES } from '../attacks/fuzz/surfaces.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Over all surfaces. */
const INPUTS = Number(process.env.SLUICE_FUZZ_INPUTS || 10_000_000);
/** Ends a run before it has sent all of them. */
const MINUTES_MAX = Number(process.env.SLUICE_SOAK_MINUTES || 24 * 60);
const SLICE_INPUTS = 50_000;
const SLICE_MS_MAX = 10 * 60 * 1000;
const HOLD_MS_MAX = 250;
/** Caches and pools fill up during the first part; after that memory must be flat. */
const WARM_SHARE = 0.1;
const GROWTH_MIB_MAX = 64;
/** Above the number of chunks in a slice, so that no two have one seed. */
const SEEDS_PER_SLICE = 10_000;

t.setTimeout((MINUTES_MAX + 30) * 60_000);

t.test(`${INPUTS} fuzzed inputs: no crash, no 5xx, memory flat, witness served`, { timeout: 0 }, async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_FUZZ_SEED');
  t.comment(`seed ${seed} (SLUICE_FUZZ_SEED)`);
  const bus = await AttackedBus.start(t);
  const endMs = performance.now() + MINUTES_MAX * 60_000;
  const counts: Record<string, number> = {};
  const curveMiB: number[] = [];
  let sent = 0;
  for (let slice = 0; sent < INPUTS && performance.now() < endMs; slice++) {
    for (const surface of SURFACES) {
      const inputs = Math.ceil(SLICE_INPUTS * surface.share);
      const run = { inputs, seed: seed + slice * SEEDS_PER_SLICE, timeLimitMs: SLICE_MS_MAX };
      const count = await fuzz(bus.target, surface, run);
      counts[surface.name] = (counts[surface.name] ?? 0) + count;
      sent += count;
    }
    curveMiB.push(bus.residentMiB() ?? 0);
    t.comment(`${sent} inputs, ${curveMiB.at(-1)?.toFixed()} MiB, hold ${(await bus.holdMs()).toFixed()} ms`);
  }
  const figures = await bus.finish();
  t.comment(JSON.stringify({ sent, counts, ...figures }));
  t.ok(figures.holdMs <= HOLD_MS_MAX, `the event loop was held for ${figures.holdMs} ms`);
  const warmMiB = curveMiB[Math.floor(curveMiB.length * WARM_SHARE)] ?? 0;
  const growthMiB = (figures.residentMiB ?? 0) - warmMiB;
  t.ok(growthMiB <= GROWTH_MIB_MAX, `memory grew by ${growthMiB} MiB after the first slices`);
});
