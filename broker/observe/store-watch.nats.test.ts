import t from 'tap';
import { eventually } from '../../tests/support/condition.js';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { Metrics } from '../metrics/metrics.js';
import { ensureStreams } from '../nats/streams.js';
import { StoreWatch } from './store-watch.js';

const drift: string[] = [];

t.test('a stream near its own limit and a slow line to NATS are warnings', async (t) => {
  const bus = await connect(t, await startNats(t));
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const { config } = await bus.jsm.streams.info('RECEIPTS');
  await bus.jsm.streams.update('RECEIPTS', { ...config, max_bytes: 1_000 });
  await bus.publisher.publish({ subject: 'receipt.p.g', data: Buffer.alloc(900), id: 'one' });
  let roundTripMs = 1;
  bus.nc.rtt = async () => roundTripMs;
  const metrics = new Metrics();
  const watched = (): StoreWatch => {
    const receipts = { unsealed: { records: 0, oldestAtMs: undefined } };
    const onDrift = (message: string): void => void drift.push(message);
    const own = { bus, partitions: 1, replicas: 1, onDrift };
    const parts = { ...own, space: { measured: undefined }, ledger: { lastSeenAtMs: 0 }, receipts, metrics };
    const watch = new StoreWatch(parts);
    t.teardown(() => watch.stop());
    watch.start();
    return watch;
  };
  const limited = watched();
  await eventually(() => limited.warnings.length > 0, 'a warning', 10_000);
  t.match(limited.warnings, [/^stream RECEIPTS holds 9\d\d of the 1000 bytes of its limit/]);
  t.equal(limited.warnings.length, 1);
  const text = await metrics.text('text');
  t.match(text, '\nsluice_nats_stream_limit_bytes{stream="RECEIPTS"} 1000\n');
  t.notMatch(text, 'sluice_nats_stream_limit_bytes{stream="LEDGER"}', 'a stream without a limit has none');
  t.notMatch(text, '\nsluice_store_capacity_bytes ', 'nor has an account without one');
  roundTripMs = 620;
  const slow = watched();
  await eventually(() => slow.warnings.length > 1, 'another warning', 10_000);
  t.match(slow.warnings[1], /^a round trip to the NATS server \S+ takes 0\.62 s/);
});

t.test(
  'settings of a stream that somebody changes while the bus runs are warnings until they are mended',
  async (t) => {
    const bus = await connect(t, await startNats(t));
    await ensureStreams(bus, { partitions: 1, replicas: 1 });
    const metrics = new Metrics();
    const changes: string[] = [];
    const look = async (warnings: RegExp[]): Promise<void> => {
      const watch = new StoreWatch({
        bus,
        partitions: 1,
        replicas: 1,
        space: { measured: undefined },
        ledger: { lastSeenAtMs: 0 },
        metrics,
        receipts: { unsealed: { records: 0, oldestAtMs: undefined } },
        onDrift: (message) => changes.push(message),
      });
      t.teardown(() => watch.stop());
      watch.start();
      await eventually(async () => /stream="EV_0"/.test(await metrics.text('text')), 'the streams to be seen', 10_000);
      await eventually(() => watch.warnings.length === warnings.length, 'the warnings', 10_000);
      t.match(watch.warnings, warnings);
    };
    const { config } = await bus.jsm.streams.info('EV_0');
    await look([]);
    await bus.jsm.streams.update('EV_0', { ...config, max_msgs: 10 });
    for (let i = 0; i < 9; i++)
      await bus.publisher.publish({ subject: 'ev.0.a.b.c', data: Buffer.alloc(1), id: `${i}` });
    await look([/^stream EV_0 holds 9 of the 10 messages of its limit/, /^stream EV_0 has max_msgs 10 instead of -1/]);
    t.strictSame(changes, ['stream EV_0 has max_msgs 10 instead of -1'], 'the log has it once');
    const figures = await metrics.text('text');
    t.match(figures, '\nsluice_nats_stream_limit_ratio{stream="EV_0"} 0.9\n');
    t.match(figures, '\nsluice_nats_stream_changed_settings{stream="EV_0"} 1\n');
    await bus.jsm.streams.update('EV_0', { ...config, max_msgs: -1 });
    await look([]);
  },
);
