import { runBench } from './harness/bench-run.js';
import { cpuSecondsOf, figuresOf, ofNats, ofSluice, type Phase, type Rates, round } from './harness/fanout-phases.js';

/**
 * Measures deliveries per CPU-second of the servers, against nats-server's own WebSocket listener with plain
 * subscriptions, and the greatest rate that either side holds.
 */
const RATES: Rates = { at10: 10, at100: 100, at500: 500, flatOut: undefined };
const HELD_P99_MS = 250;
/** Two sides to set up and to warm up, and ten phases each with a pause before and after. */
const SPARE_SECONDS = 180;

await runBench(
  'fanout',
  async (run) => {
    const seconds = Math.max(2, run.options.seconds / 10);
    const orders = { rates: RATES, seconds, heldP99Ms: HELD_P99_MS };
    const sluice = await ofSluice(run, orders);
    const nats = await ofNats(run, orders);
    const ratio: Record<string, number> = {};
    for (const name of Object.keys(RATES)) {
      const [ours, theirs] = [sluice.phases[name] as Phase, nats.phases[name] as Phase];
      ratio[name] = round(ours.perCpuSecond / theirs.perCpuSecond);
      if (RATES[name] === undefined) continue;
      ratio[`${name} p50`] = round(ours.p50Ms / theirs.p50Ms);
      ratio[`${name} p99`] = round(ours.p99Ms / theirs.p99Ms);
    }
    const held = { sluice: sluice.greatestRate, nats: nats.greatestRate };
    ratio[`rate held at p99 <= ${HELD_P99_MS} ms`] = round(held.sluice / held.nats);
    return {
      ratio,
      aim:
        'deliveries per CPU-second at least 0.75 at 10/s and 100/s, 1.25 at 500/s, 3 flat out; p50 at most 2, p99 1.5; ' +
        'rate held at least 3',
      figures: {
        sluice: figuresOf(sluice.phases),
        nats: figuresOf(nats.phases),
        'events per second held': held,
      },
      cpuSeconds: cpuSecondsOf({ sluice: sluice.phases, nats: nats.phases }),
    };
  },
  { spareSeconds: SPARE_SECONDS },
);
