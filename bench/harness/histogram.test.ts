import t from 'tap';
import { Histogram } from './histogram.js';

t.test('percentiles are exact within three per cent, also for histograms added over processes', async (t) => {
  const odd = new Histogram();
  const even = new Histogram();
  for (let micros = 1; micros <= 10_000; micros++) (micros % 2 === 0 ? even : odd).record(micros);
  const { count, p50Ms, p99Ms, maxMs } = odd.add(JSON.parse(JSON.stringify(even))).percentiles();
  t.equal(count, 10_000);
  t.ok(Math.abs(p50Ms - 5) < 0.15, `p50 ${p50Ms}`);
  t.ok(Math.abs(p99Ms - 9.9) < 0.3, `p99 ${p99Ms}`);
  t.equal(maxMs, 10);
});

t.test('all percentiles of an empty histogram are zero', async (t) => {
  t.match(new Histogram().percentiles(), { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
});
