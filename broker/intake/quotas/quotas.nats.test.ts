import t from 'tap';
import { birth, positioned, publish, REGISTRY, readAll, startIntake } from '../../../tests/support/broker/intake.js';
import { eventually } from '../../../tests/support/condition.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { Metrics } from '../../metrics/metrics.js';
import { QUARANTINE_STREAM } from '../../nats/streams.js';
import { QuotaError } from '../../parties/quotas/quota-error.js';
import { QuotaNotice } from '../../parties/quotas/quota-notice.js';
import { Quotas } from './quotas.js';

const codes = (results: Awaited<ReturnType<typeof publish>>) => results.map(({ problem }) => problem?.code ?? 'stored');
const OTHER = { ...REGISTRY, id: 'hospital' };
const wrong = (id: string, over: object = {}) => birth(id, { data: { idNumber: `key-${id}`, hobby: 'x' }, ...over });

t.test('a system above its events per second is refused for the moment, and no other one is', async (t) => {
  const quotas = { eventsPerSecond: 5 };
  const intake = await startIntake(t, await connect(t, await startNats(t)), {}, {}, undefined, quotas);
  const events = Array.from({ length: 8 }, (_none, i) => positioned(String(i + 1)));
  const results = await publish(intake, events);
  t.same(codes(results), [...Array(5).fill('stored'), ...Array(3).fill('TOO_MANY')]);
  t.match(results.at(-1)!.problem, { status: 429, detail: /registry.*quotas\.eventsPerSecond/ });
  t.same(codes(await publish(intake, [birth('b')], OTHER)), ['stored']);
  await eventually(
    async () => codes(await publish(intake, [positioned('6')]))[0] === 'stored',
    'the next second',
    5_000,
  );
});

t.test('a system that has stored its bytes is refused until some expire, also after a restart', async (t) => {
  const bus = await connect(t, await startNats(t));
  const first = await startIntake(t, bus);
  const name = 'x'.repeat(900);
  const large = (id: string) => birth(id, { data: { idNumber: `key-${id}`, name } });
  await publish(
    first,
    Array.from({ length: 20 }, (_none, i) => large(`a${i}`)),
  );
  const intake = await startIntake(t, bus, {}, {}, undefined, { storedBytes: 30_000 });
  let next = 0;
  await eventually(
    async () => codes(await publish(intake, [large(`b${next++}`)]))[0] === 'STORE_FULL',
    'the quota to be reached',
    10_000,
  );
  const [refused] = await publish(intake, [large('c')]);
  t.match(refused!.problem, { status: 507, detail: /quotas\.storedBytes/ });
  t.same(codes(await publish(intake, [large('d')], OTHER)), ['stored']);
  const stored = (await readAll(bus, 'EV_0', 'ev.0.civil.birth.registry')).length;
  t.ok(stored >= 20 && stored <= 30, `${stored} are stored`);
  // As if all events had expired.
  const { config } = await bus.jsm.streams.info('EV_0');
  await bus.jsm.streams.delete('EV_0');
  await bus.jsm.streams.add({ ...config, first_seq: 1_000 });
  const restarted = await startIntake(t, bus, {}, {}, undefined, { storedBytes: 30_000 });
  t.same(codes(await publish(restarted, [large('e')])), ['stored']);
});

t.test('rejected events beyond the quota are rejected as before, and not kept', async (t) => {
  const bus = await connect(t, await startNats(t));
  const metrics = new Metrics();
  const quotas = { quarantineEvents: 3 };
  const intake = await startIntake(t, bus, {}, {}, undefined, quotas, () => true, metrics);
  const results = await publish(
    intake,
    ['1', '2', '3', '4'].map((id) => wrong(id)),
  );
  t.same(codes(results), Array(4).fill('UNKNOWN_ITEM'));
  t.match(results.at(-1)!.problem!.detail, /not kept: the quarantine of system registry.*quotas\.quarantineEvents/);
  t.same(codes(await publish(intake, [wrong('p', { sourceposition: '1' })])), ['STORE_FULL']);
  t.same(codes(await publish(intake, [wrong('5')], OTHER)), ['UNKNOWN_ITEM']);
  await intake.drain();
  t.equal((await readAll(bus, QUARANTINE_STREAM, 'quarantine.>')).length, 4);
  const figures = await metrics.text('text');
  t.match(figures, /^sluice_events_quarantine_missed_total 1$/m, 'the event that is neither kept nor sent again');
  t.match(figures, /^sluice_quota_refusals_total\{quota="quarantineEvents"\} 2$/m);
});

t.test('the log names the system and the quota that refuses its events, and their number', async (t) => {
  const bus = await connect(t, await startNats(t));
  let nowMs = 1_000;
  const lines: string[] = [];
  const limits = { eventsPerSecond: 5, storedBytes: 10_000, quarantineEvents: 0 };
  const metrics = new Metrics();
  const clockMs = (): number => nowMs;
  const notice = new QuotaNotice({ clockMs, metrics: metrics.quotas, report: (line) => lines.push(line) });
  const quotas = new Quotas({ bus, partitions: 0, limits, clockMs, notice });
  const refused = (count: number): unknown[] => Array.from({ length: count }, () => quotas.refusal(REGISTRY, 1, 100));
  t.match(refused(8).at(-1), { code: 'TOO_MANY' });
  t.strictSame(lines.splice(0), [
    'events of system registry (party civil) over quotas.eventsPerSecond since the last such line: 1',
  ]);
  nowMs += 59_000;
  refused(7);
  t.strictSame(lines, [], 'the next line comes after a minute');
  nowMs += 1_000;
  refused(6);
  t.strictSame(lines.splice(0), [
    'events of system registry (party civil) over quotas.eventsPerSecond since the last such line: 5',
  ]);
  quotas.refusal(OTHER, 1, 20_000);
  quotas.quarantineRefusal(OTHER);
  notice.requestRefused(new QuotaError('TOO_MANY', 'drafts', 'party civil', 'party civil has the 2 drafts'), 'civil');
  t.strictSame(lines, [
    'events of system hospital (party civil) over quotas.storedBytes since the last such line: 1',
    'events of system hospital (party civil) over quotas.quarantineEvents since the last such line: 1',
    'requests of party civil over quotas.drafts since the last such line: 1',
  ]);
});
