import t from 'tap';
import { startStreamFixture } from '../../tests/support/broker/stream-fixture.js';
import { Metrics } from '../metrics/metrics.js';
import { LateEntries } from './late-entries.js';

const HOUR_MS = 60 * 60 * 1000;

t.test('an entry is late when its last event is older than the frequency that it declares', async (t) => {
  const fixture = await startStreamFixture(t);
  const { version, bus } = fixture;
  const published = { ...version, publishedAt: new Date().toISOString() };
  published.document = { ...version.document, updateFrequency: 'daily' };
  const metrics = new Metrics();
  const lateDaily = async (): Promise<number | undefined> =>
    (await metrics.registry.getSingleMetric('sluice_entries_late')?.get())?.values.find(
      ({ labels }) => labels.frequency === 'daily',
    )?.value;
  let nowMs = Date.now();
  const accepted = new Map<string, number>();
  const late = new LateEntries({
    bus,
    catalog: {
      list: () => [{ id: version.id, status: 'published', version: 1 }],
      published: () => published,
      onChange: () => () => undefined,
    },
    counts: { collect: async () => accepted },
    metrics: metrics.grants,
    clock: () => nowMs,
  });
  t.teardown(() => late.stop());
  late.start();
  await late.watch();
  await fixture.publish('create', { id: 'a' });
  nowMs += 23 * HOUR_MS;
  await late.watch();
  t.equal(await lateDaily(), 0, 'within a day');
  nowMs += 2 * HOUR_MS;
  await late.watch();
  t.equal(await lateDaily(), 1);
  const [shown] = late.late;
  t.match(shown, { entry: version.id, frequency: 'daily' });
  t.ok(Math.abs(nowMs - (shown?.dueAtMs ?? 0) - HOUR_MS) < HOUR_MS / 60, 'due an hour ago');

  nowMs = Date.now();
  await fixture.publish('create', { id: 'b' });
  await late.watch();
  t.equal(await lateDaily(), 1, 'the store is not asked again at every look');
  accepted.set(version.id, 1);
  await late.watch();
  t.equal(await lateDaily(), 0, 'but when the broker has accepted an event');
  t.same([...late.late], []);
});
