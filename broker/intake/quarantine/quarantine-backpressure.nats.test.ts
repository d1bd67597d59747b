import t from 'tap';
import { birth, publish, REGISTRY, readAll, startIntake } from '../../../tests/support/broker/intake.js';
import { eventually } from '../../../tests/support/condition.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { ensureStreams, QUARANTINE_STREAM } from '../../nats/streams.js';
import { INTAKE_LIMITS } from '../intake-limits.js';

const wrong = (id: number) => birth(String(id), { data: { idNumber: `key-${id}`, weight: 'heavy' } });

t.test('every event of a burst of rejected ones is quarantined', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const results = await publish(
    intake,
    Array.from({ length: 8_000 }, (_none, id) => wrong(id)),
  );
  t.equal(results.filter(({ problem }) => problem?.code === 'ITEM_INVALID').length, 8_000);
  await intake.drain();
  const kept = await readAll(bus, QUARANTINE_STREAM, 'quarantine.>');
  t.equal(kept.length, 8_000);
});

t.test('publishers meet backpressure while too many rejected events wait for quarantine', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const answers = intake.publish(
    REGISTRY,
    Array.from({ length: 2_500 }, (_none, id) => wrong(id)),
  );
  t.ok(intake.backpressure());
  await intake.backpressure();
  await answers;
  t.equal(intake.backpressure(), undefined);
});

t.test('a rejected event beyond the bound of the quarantine queue is refused with TOO_MANY', async (t) => {
  const bus = await connect(t, await startNats(t));
  const quarantine = { ...INTAKE_LIMITS.quarantine, queueEventsMax: 50 };
  const intake = await startIntake(t, bus, { quarantine });
  const results = await publish(
    intake,
    Array.from({ length: 60 }, (_none, id) => wrong(id)),
  );
  const codes = results.map(({ problem }) => problem?.code);
  t.same(codes.slice(0, 50), Array(50).fill('ITEM_INVALID'));
  t.same(codes.slice(50), Array(10).fill('TOO_MANY'));
});

t.test('a rejected event that the store did not take is reported, and quarantined when it is sent again', async (t) => {
  const bus = await connect(t, await startNats(t));
  const reported: string[] = [];
  const intake = await startIntake(t, bus, {}, {}, (message) => reported.push(message));
  await bus.jsm.streams.delete(QUARANTINE_STREAM);
  t.match(await publish(intake, [wrong(1), wrong(2)]), [{ problem: { code: 'ITEM_INVALID' } }, {}]);
  await eventually(() => reported.length > 0, 'the report', 10_000);
  t.match(reported, [
    /^lost rejected events of entry civil\.birth since the last such line: 1 \(system registry, ITEM_INVALID in item \w+\)$/,
  ]);
  await ensureStreams(bus, { partitions: 2, replicas: 1 });
  await publish(intake, [wrong(1)]);
  await intake.drain();
  t.equal((await readAll(bus, QUARANTINE_STREAM, 'quarantine.>')).length, 1);
});
