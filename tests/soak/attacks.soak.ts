import t from 'tap';
import { AttackedBus } from '../attacks/fuzz/attacked-bus.js';
import { fuzz } from '../attacks/fuzz/fuzz-run.js';
import { SURFACES } from '../attacks/fuzz/surfaces.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Over all surfaces. */
const INPUTS = Number(process.env.SLUICE_FUZZ_INPUTS || 10_000_000);
/** Ends a run before it has sent all of them. */
const MINUTES_MAX = Number(process.env.SLUICE_SOAK_MINUTES || 24 * 60);
const SLICE_INPUTS = 200_000;
const SLICE_MS_MAX = 10 * 60 * 1000;
/** In processor time: by the clock others that have the processor count as well. */
const HOLD_CPU_MS_MAX = 250;
/** Caches and pools fill up during the first part; after that memory must be flat. */
const WARM_SHARE = 0.1;
const WARM_SLICES_MIN = 1;
const GROWTH_MIB_MAX = 64;
/** Above the number of seeds that a surface takes in a slice, and of surfaces, so that no two have one. */
const SEEDS_PER_SURFACE = 1_000;
const SEEDS_PER_SLICE = SEEDS_PER_SURFACE * 100;

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
    for (const [i, surface] of SURFACES.entries()) {
      const inputs = Math.ceil(Math.min(SLICE_INPUTS, INPUTS) * surface.share);
      const first = seed + slice * SEEDS_PER_SLICE + i * SEEDS_PER_SURFACE;
      const timeLimitMs = Math.min(SLICE_MS_MAX, endMs - performance.now());
      const count = await fuzz(bus.target, surface, { inputs, seed: first, timeLimitMs });
      counts[surface.name] = (counts[surface.name] ?? 0) + count;
      sent += count;
    }
    curveMiB.push(bus.residentMiB() ?? 0);
    const { turnMs, turnCpuMs } = bus.hold();
    const turn = `turn ${turnMs.toFixed()} ms, ${turnCpuMs.toFixed()} ms of processor time`;
    t.comment(`${new Date().toISOString()} ${sent} inputs, ${curveMiB.at(-1)?.toFixed()} MiB, ${turn}`);
  }
  const figures = await bus.finish();
  t.comment(
    JSON.stringify({ sent, counts, ...figures, answered: bus.target.answered, curveMiB: curveMiB.map(Math.round) }),
  );
  t.ok(figures.holdCpuMs <= HOLD_CPU_MS_MAX, `one turn of the event loop took ${figures.holdCpuMs} ms`);
  const warm = Math.max(WARM_SLICES_MIN, Math.floor(curveMiB.length * WARM_SHARE));
  const warmMiB = curveMiB[Math.min(warm, curveMiB.length - 1)] ?? 0;
  const growthMiB = (figures.residentMiB ?? 0) - warmMiB;
  t.ok(growthMiB <= GROWTH_MIB_MAX, `memory grew by ${growthMiB} MiB after the first slices`);
});
