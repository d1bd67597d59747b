import { runBench } from './harness/bench-run.js';
import { cpuSecondsOf, figuresOf, ofNats, ofSluice, type Phase, type Rates, round } from './harness/fanout-phases.js';

/**
 * Measures what delivery costs when there is little to deliver: an event then has a frame, and a system call, of its own for
 * each session, and whatever runs per session and second counts beside it.
 */
const RATES: Rates = { at10: 10 };
const AIM_MICROS = 15;

await runBench('quiet', async (run) => {
  const seconds = Math.max(5, run.options.seconds / 6);
  const { phases: sluice } = await ofSluice(run, { rates: RATES, seconds });
  const { phases: nats } = await ofNats(run, { rates: RATES, seconds });
  const [ours, theirs] = [sluice.at10 as Phase, nats.at10 as Phase];
  return {
    ratio: {
      brokerMicrosToAim: round(ours.serverMicros / AIM_MICROS),
      perCpuSecond: round(ours.perCpuSecond / theirs.perCpuSecond),
      p50: round(ours.p50Ms / theirs.p50Ms),
      p99: round(ours.p99Ms / theirs.p99Ms),
    },
    aim: `at most ${AIM_MICROS} microseconds of CPU per delivery at 10 events/s (1); perCpuSecond at least 0.75`,
    figures: { sluice: figuresOf(sluice), nats: figuresOf(nats) },
    cpuSeconds: cpuSecondsOf({ sluice, nats }),
  };
});
