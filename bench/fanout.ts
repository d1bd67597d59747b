import { runBench } from './harness/bench-run.js';
import { cpuSecondsOf, figuresOf, ofNats, ofSluice, type Phase, type Rates, round } from './harness/fanout-phases.js';

/**
 * Measures deliveries per CPU-second of the servers, against nats-server's own WebSocket listener with plain
 * subscriptions.
 */
const RATES: Rates = { at10: 10, at100: 100, at500: 500, flatOut: undefined };

await runBench('fanout', async (run) => {
  const seconds = Math.max(2, run.options.seconds / 10);
  const sluice = await ofSluice(run, RATES, seconds);
  const nats = await ofNats(run, RATES, seconds);
  const ratio: Record<string, number> = {};
  for (const name of Object.keys(RATES)) {
    const [ours, theirs] = [sluice[name] as Phase, nats[name] as Phase];
    ratio[name] = round(ours.perCpuSecond / theirs.perCpuSecond);
    if (RATES[name] === undefined) continue;
    ratio[`${name} p50`] = round(ours.p50Ms / theirs.p50Ms);
    ratio[`${name} p99`] = round(ours.p99Ms / theirs.p99Ms);
  }
  return {
    ratio,
    aim: 'deliveries per CPU-second at least 0.75 at 10/s and 100/s, 1.25 at 500/s, 3 flat out; p50 at most 2, p99 1.5',
    figures: { sluice: figuresOf(sluice), nats: figuresOf(nats) },
    cpuSeconds: cpuSecondsOf({ sluice, nats }),
  };
});
