import t from 'tap';
import { OPERATIONS } from '../../broker/http/openapi/operations.js';
import { LEDGER_KINDS } from '../../broker/ledger/record.js';
import { LAG_AGES, TIMES_LEFT } from '../../broker/metrics/grant-metrics.js';
import { QUARANTINE_AGES } from '../../broker/metrics/intake-metrics.js';
import { Metrics } from '../../broker/metrics/metrics.js';
import { expose, formatFor } from '../../broker/metrics/output/exposition.js';
import {
  addUp,
  cumulativeOf,
  fromMessage,
  type MetricValues,
  toMessage,
} from '../../broker/metrics/output/metric-values.js';
import { ERROR_KINDS, type ErrorCode } from '../../proto/errors.js';
import { SUBPROTOCOLS } from '../../proto/frames/frames.js';
import { readText } from '../structure/source-tree.js';
import { eventually } from '../support/condition.js';

const PARTITIONS_MAX = 64;
const SERVERS = ['a', 'b', 'c', 'd', 'e'];
const OPS = ['create', 'update', 'delete', 'correction', 'snapshot', 'snapshot_begin', 'snapshot_end'];
const CODES = Object.keys(ERROR_KINDS) as ErrorCode[];
const STATUSES = [200, 204, 304, 400, 401, 403, 404, 413, 422, 429, 500, 503, 507];

/** Everything that can happen, with every value that a label can have, on the largest bus. */
function everything(): Metrics {
  const metrics = new Metrics();
  const { intake, stream, gateway, ledger, store, grants } = metrics;
  for (let partition = 0; partition < PARTITIONS_MAX; partition++) {
    for (const op of OPS) intake.eventsAccepted(partition, op, 1);
    stream.eventsRead(partition, 1);
  }
  for (const code of CODES) {
    intake.eventRefused(code);
    intake.eventQuarantined(code, `p-${code}`);
    gateway.subscriptionEnded(code);
  }
  for (const operation of Object.keys(OPERATIONS)) {
    const [method = '', route = ''] = operation.split(' ');
    for (const status of STATUSES) gateway.requestDone({ method, route }, status, 0.1);
  }
  for (const kind of LEDGER_KINDS) ledger.appended(kind, 1, 0.01);
  for (const failure of ['missing', 'token', 'ticket', 'throttled'] as const) gateway.loginFailed(failure);
  for (const encoding of SUBPROTOCOLS) {
    stream.frameSent(encoding, { events: 1, bytes: 1, sessions: 1 });
    gateway.sessionOpened(encoding);
    for (let code = 1000; code < 4500; code++) gateway.sessionClosed(encoding, code, `p-${code}`);
  }
  for (const kind of ['subscribe', 'ack', 'reject', 'unsubscribe', 'publish'] as const) gateway.frameReceived(kind);
  const streams = Array.from({ length: PARTITIONS_MAX + 4 }, (_, i) => `S_${i}`);
  const replicas = SERVERS.slice(1).map((server) => ({ server, lag: 0, isCurrent: true }));
  store.streamsNow(
    streams.map((name) => {
      const limits = { limitBytes: 1, limitShare: 1, changedSettings: 1 };
      return { stream: name, messages: 1, bytes: 1, ...limits, leader: 'a', replicas };
    }),
  );
  store.connectedTo('a', '2.15.1', 0.001);
  intake.quarantineNow(new Map(Object.keys(QUARANTINE_AGES).map((age) => [age as '1h', 1])), 1);
  grants.cursorsNow(new Map(Object.keys(LAG_AGES).map((age) => [age as '1h', 1])), 0);
  grants.endingNow(new Map(Object.keys(TIMES_LEFT).map((within) => [within as '1d', 1])));
  grants.grantsNow(new Map([['in_force', 1]]));
  metrics.lawful.clocksNow(new Map());
  const codes = ['P', 'Q', 'C', 'X'].flatMap((side) => Array.from({ length: 12 }, (_, i) => `${side}${i}`));
  metrics.lawful.violationsNow(new Map(codes.map((code) => [code, 1])));
  return metrics;
}

const seriesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

t.test('the largest bus has at most 2,500 series in half a megabyte', async (t) => {
  const text = await everything().text('text');
  const series = seriesOf(text).length;
  t.ok(series > 1_500 && series <= 2_500, `${series} series`);
  t.ok(text.length < 500_000, `${text.length} characters`);
});

t.test('an exemplar survives the sum over workers, the newest of each bucket', async (t) => {
  const [one, two] = [new Metrics(), new Metrics()];
  one.stream.eventDeliveredLive(0.02, () => 'a'.repeat(32));
  two.stream.eventDeliveredLive(0.3, () => 'b'.repeat(32));
  two.stream.eventDeliveredLive(0.3, () => t.fail('a bucket is asked for one exemplar a second') as never);
  const parts = await Promise.all([one, two].map(({ registry }) => registry.getMetricsAsJSON()));
  const text = expose(addUp(parts as unknown as MetricValues[][]), 'openmetrics');
  t.match(text, /^sluice_publish_to_deliver_seconds_bucket\{le="0\.025"\} 1 # \{trace_id="a{32}"\} 0\.02 \d+/m);
  t.match(text, /^sluice_publish_to_deliver_seconds_bucket\{le="0\.5"\} 3 # \{trace_id="b{32}"\} 0\.3 \d+/m);
  t.match(
    text,
    /^sluice_publish_to_deliver_seconds_bucket\{le="1\.0"\} 3$/m,
    'bounds are written as Prometheus stores them',
  );
  t.match(text, /^# TYPE sluice_events_duplicate counter\n(?:.*\n)?sluice_events_duplicate_total 0$/m);
  t.match(text, /# EOF\n$/);
  t.notMatch(expose(addUp(parts as unknown as MetricValues[][]), 'text'), '# {', 'the older format has none');
});

t.test('counters add up over workers and over those that ended, gauges as each says', async (t) => {
  const [one, two, ended] = [new Metrics(), new Metrics(), new Metrics()];
  for (const metrics of [one, two, ended]) metrics.intake.eventsAccepted(0, 'create', 5);
  one.ledger.freshnessChanged(true);
  two.ledger.freshnessChanged(false);
  ended.ledger.freshnessChanged(false);
  one.intake.queueChanged(3, 30);
  two.intake.queueChanged(4, 40);
  ended.intake.queueChanged(100, 1_000);
  const json = async (metrics: Metrics): Promise<MetricValues[]> =>
    (await metrics.registry.getMetricsAsJSON()) as unknown as MetricValues[];
  const text = expose(addUp([await json(one), await json(two), cumulativeOf(await json(ended))]), 'text');
  t.match(text, 'sluice_events_accepted_total{partition="0",op="create"} 15\n');
  t.match(text, 'sluice_ledger_in_sight 0\n');
  t.match(text, 'sluice_intake_waiting_events 7\n');
  t.match(text, /^process_start_time_seconds \d+$/m, 'the newest start of a worker');
  t.match(expose(fromMessage(toMessage(await json(one))), 'text'), 'sluice_store_seconds_until_full +Inf\n');
});

t.test('what an alert or an objective looks at is there before it happens the first time', async (t) => {
  const text = await new Metrics().text('text');
  const selectors = [
    ...readText('dashboard/prometheus/rules.yml').matchAll(/(sluice_\w+_total)\{(\w+)=~?"([^"]+)"\}/g),
  ];
  const expected = selectors
    .filter(([, name = '']) => text.includes(`# HELP ${name} `))
    .flatMap(([, name, label, values = '']) => values.split('|').map((value) => `${name}{${label}="${value}"} 0\n`));
  t.ok(expected.length > 10, `${expected.length} series`);
  for (const series of new Set(expected)) t.match(text, series);
});

t.test('OpenMetrics is written to who asks for it', async (t) => {
  t.equal(formatFor('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2'), 'openmetrics');
  t.equal(formatFor('*/*'), 'text');
  t.equal(formatFor(undefined), 'text');
});

t.test('a turn that keeps everything waiting is seen', async (t) => {
  const metrics = new Metrics();
  await new Promise((resolve) => setTimeout(resolve, 120));
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs);
  const heldSeconds = async (): Promise<number> =>
    Number(/^sluice_event_loop_hold_max_seconds (\S+)$/m.exec(await metrics.text('text'))?.[1]);
  await eventually(async () => (await heldSeconds()) > 0.2, 'the hold', 30_000);
  t.ok((await heldSeconds()) < 5, 'in seconds');
});
