import t from 'tap';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { ensureStreams, QUARANTINE_STREAM } from '../nats/streams.js';
import { QuarantineAges } from './quarantine-ages.js';

t.test('the oldest refused event of each party is known, and parties without one have no age', async (t) => {
  const bus = await connect(t, await startNats(t));
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const parties = { list: () => ['civil', 'health', 'tax'].map((id) => ({ id })) };
  const ages = new QuarantineAges({ bus, parties });
  await ages.look();
  t.equal(ages.oldest.size, 0, 'an empty quarantine');
  const refuse = (subject: string) => bus.publisher.publish({ subject, data: Buffer.alloc(1) });
  const startedAtMs = Date.now();
  await refuse('quarantine.civil.birth.registry');
  await refuse('quarantine.health.visit.clinic');
  await ages.look();
  const first = ages.oldest.get('civil');
  t.strictSame([...ages.oldest.keys()], ['civil', 'health']);
  t.ok(Math.abs(first! - startedAtMs) < 60_000, 'when it was stored');
  await refuse('quarantine.civil.death.registry');
  await ages.look();
  t.equal(ages.oldest.get('civil'), first, 'the oldest of all its entries');
  // As if all had expired.
  await bus.jsm.streams.delete(QUARANTINE_STREAM);
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  await refuse('quarantine.health.visit.clinic');
  await ages.look();
  t.strictSame([...ages.oldest.keys()], ['health']);
});
