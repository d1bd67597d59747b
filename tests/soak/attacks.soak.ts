import t from 'tap';
import { AttackedBus } from '../attacks/fuzz/attacked-bus.js';
import { MixedRun } from '../attacks/fuzz/fuzz-run.js';
import { MemoryCurve } from '../attacks/fuzz/memory-curve.js';
import { SURFACES } from '../attacks/fuzz/surfaces.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Over all surfaces. */
const INPUTS = Number(process.env.SLUICE_FUZZ_INPUTS || 10_000_000);
/** Ends a run before it has sent all of them. */
const MINUTES_MAX = Number(process.env.SLUICE_SOAK_MINUTES || 24 * 60);
/** Behind each all garbage is collected once. */
const SLICE_INPUTS = Math.min(250_000, Math.ceil(INPUTS / 10));
/** In processor time: by the clock others that have the processor count as well. */
const HOLD_CPU_MS_MAX = 250;
/** Whatever has a bound is full after this part of a run; from then on memory must be flat. */
const WARM_SHARE = 0.3;
const GROWTH_MIB_MAX = 24;

t.setTimeout((MINUTES_MAX + 30) * 60_000);

/** Sends a slice, reports, and so on until all inputs were judged, or the time is over. */
async function sendAll(bus: AttackedBus, run: MixedRun, memory: MemoryCurve, comment: (line: string) => void) {
  for (let next = SLICE_INPUTS; run.judged < INPUTS && !run.isOver; next += SLICE_INPUTS) {
    await run.send(Math.min(next, INPUTS));
    const { turnMs, turnCpuMs } = bus.hold();
    const inUse = await bus.memory();
    memory.add(run.judged, inUse);
    const { heapMiB, externalMiB, residentMiB } = inUse;
    comment(
      `${new Date().toISOString()} ${run.judged} inputs, turn ${turnMs.toFixed()} ms, ${turnCpuMs.toFixed()} ms of processor time, ` +
        `heap ${heapMiB.toFixed(1)} MiB, external ${externalMiB.toFixed(1)}, resident ${residentMiB.toFixed()}, store ${bus.storeMiB()?.toFixed()}`,
    );
  }
}

t.test(`${INPUTS} fuzzed inputs: no crash, no 5xx, memory flat, witness served`, { timeout: 0 }, async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_FUZZ_SEED');
  t.comment(`seed ${seed} (SLUICE_FUZZ_SEED)`);
  const bus = await AttackedBus.start(t);
  const run = new MixedRun(bus.target, SURFACES, { seed, inputs: INPUTS, timeLimitMs: MINUTES_MAX * 60_000 });
  const memory = new MemoryCurve(INPUTS, WARM_SHARE);
  const before = bus.cpuTimes();
  await sendAll(bus, run, memory, (line) => t.comment(line));
  t.comment(`processor time for each input: ${bus.cpuTimes().since(before).perInput(run.judged)}`);
  const figures = await bus.finish();
  t.comment(JSON.stringify({ judged: run.judged, counts: run.counts, ...figures, answered: bus.target.answered }));
  t.ok(figures.holdCpuMs <= HOLD_CPU_MS_MAX, `one turn of the event loop took ${figures.holdCpuMs} ms`);
  const { growth } = memory;
  t.comment(growth ? JSON.stringify(growth) : 'the run was too short to say whether memory grows');
  const used = growth?.usedMiB ?? 0;
  t.ok(used <= GROWTH_MIB_MAX, `${used.toFixed(1)} MiB more are in use after ${growth?.inputs ?? 0} inputs`);
});
