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
/**
 * Everything on the heap that has a bound is full after this many inputs: 100,000 ids each of stored and of rejected events, compiled entries, pollers. From
 * then on the heap must be flat; 16 MiB among nine million inputs are two bytes for each.
 */
const HEAP_WARM_INPUTS = 1_000_000;
const HEAP_GROWTH_MIB_MAX = 16;
/**
 * Buffers grow and shrink: the positions by which lag is counted take up to 32 MiB, five inputs give two of 16 bytes, and are dropped when there are too
 * many, which is once in some five million inputs. So they have a bound of their own; segments of the log, 96 MiB at most, are nearly none here.
 */
const EXTERNAL_MIB_MAX = 48;

/** Length of the end of the broker's log that is shown when a run fails. */
const LOG_CHARACTERS = 4_000;

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
  const memory = new MemoryCurve();
  const before = bus.cpuTimes();
  await sendAll(bus, run, memory, (line) => t.comment(line)).catch((error) => {
    t.comment(`the broker's log: ${bus.broker.log().slice(-LOG_CHARACTERS)}`);
    throw error;
  });
  t.comment(`processor time for each input: ${bus.cpuTimes().since(before).perInput(run.judged)}`);
  const figures = await bus.finish();
  t.comment(JSON.stringify({ judged: run.judged, counts: run.counts, ...figures, answered: bus.target.answered }));
  t.ok(figures.holdCpuMs <= HOLD_CPU_MS_MAX, `one turn of the event loop took ${figures.holdCpuMs} ms`);
  const growth = memory.growth('heapMiB', HEAP_WARM_INPUTS);
  if (!growth) t.comment('the run was too short to say whether the heap grows');
  const { mib, inputs } = growth ?? { mib: 0, inputs: 0 };
  t.ok(mib <= HEAP_GROWTH_MIB_MAX, `the heap grew by ${mib} MiB in ${inputs} inputs`);
  const externalMiB = memory.most('externalMiB');
  t.ok(externalMiB <= EXTERNAL_MIB_MAX, `buffers took ${externalMiB} MiB at the most`);
});
