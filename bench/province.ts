import { RATE, SESSIONS, ZIPF } from './documents/province.js';
import { runBench } from './harness/bench-run.js';
import { hold, warmUp } from './harness/held-load.js';
import { entryIds, provinceTargets, startProvince } from './harness/province-bus.js';
import { Source } from './harness/source.js';
import { SubscriberGroup } from './harness/subscriber-group.js';

/** Measures the size of Fujian's platform on one broker: is the hourly rate held, and how much faster can it go? */
const DOWNLOADS = 150_000_000;

await runBench('province', async (run) => {
  const heldSeconds = (run.options.minutes ?? 1) * 60;
  const { broker, startSeconds, deliveriesPerEvent, fastPerEvent } = await startProvince(run);
  const group = await SubscriberGroup.openSluice(run, provinceTargets(broker.url));
  run.note(`${SESSIONS} sessions are connected`);
  const plan = { entries: entryIds(), zipf: ZIPF, codes: 50, prefix: 'p' };
  const source = await Source.overSocket(run, broker.url, plan);
  const bus = { broker, group, source, sessions: SESSIONS, fastPerEvent };
  const rate = RATE / deliveriesPerEvent;
  await warmUp(bus, rate);
  const held = await hold(run, bus, { rate, seconds: heldSeconds });
  const flatOut = await hold(run, bus, { rate: undefined, seconds: run.options.seconds / 4 });
  const minutes = Math.round((DOWNLOADS / flatOut.figures.perSecond / 60) * 10) / 10;
  return {
    ratio: { heldRate: round(held.figures.perSecond / RATE), flatOut: round(flatOut.figures.perSecond / RATE) },
    aim: '41,700 deliveries/s at p99 <= 250 ms, each process <= 600 MB, ready in <= 5 s; flat out 150 million in 10 minutes',
    figures: {
      startSeconds: round(startSeconds),
      deliveriesPerEvent: round(deliveriesPerEvent),
      held: held.figures,
      flatOut: flatOut.figures,
      minutes,
    },
    cpuSeconds: { held: held.cpuSeconds, flatOut: flatOut.cpuSeconds },
  };
});

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
