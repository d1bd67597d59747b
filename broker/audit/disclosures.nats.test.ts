import t, { type Test } from 'tap';
import { startStreamFixture } from '../../tests/support/broker/stream-fixture.js';
import { follow, person, publishMany } from '../../tests/support/broker/stream-follow.js';
import { loseTail, readAgain } from '../../tests/support/broker/truncated-log.js';
import { eventually } from '../../tests/support/condition.js';
import { startEpoch } from '../event-log/log-epochs.js';
import type { Grant } from '../grants/grant.js';
import type { LedgerRecord } from '../ledger/record.js';
import { Disclosures } from './disclosures.js';

const WAIT_MS = 10_000;
/** Within it the clocks of two servers may differ. */
const SKEW_MS = 1_000;

async function setUp(t: Test) {
  const fixture = await startStreamFixture(t);
  const grant: Grant = fixture.grant({ id: 'g' });
  const stream = await fixture.open(t);
  const disclosures = new Disclosures({
    bus: fixture.bus,
    entries: fixture.entries,
    grantsOf: () => [grant],
    logOf: (partition) => stream.logOf(partition),
    ledger: { read: async () => [{ document: grant } as unknown as LedgerRecord] },
    secret: 'test-secret',
  });
  return { fixture, stream, disclosures };
}

t.test('who received what about a record is reported, and nothing about others', async (t) => {
  const { fixture, stream, disclosures } = await setUp(t);
  const position = await fixture.publish('create', person(1));
  const { sink, subscription } = await follow(stream);
  await sink.until(() => sink.positions.includes(position));
  await subscription.close();
  const report = await disclosures.find('civil.person', 'p1');
  t.match(report.disclosures, [{ grant: 'g', party: 'health', position, op: 'create', certainty: 'delivered' }]);
  t.strictSame(report.formerLives, []);
  t.strictSame((await disclosures.find('civil.person', 'p2')).disclosures, []);
  await t.rejects(disclosures.find('civil.persons', 'p1'), { code: 'NOT_FOUND' }, 'a mistyped entry is not "nobody"');
});

t.test('what stands in the place of lost events is not taken for what went out', async (t) => {
  const { fixture, stream, disclosures } = await setUp(t);
  await publishMany(fixture, 0, 2);
  const { sink, subscription } = await follow(stream);
  await sink.until(() => sink.positions.length === 2);
  await subscription.close();
  const previous = stream.logOf(0);
  await loseTail(fixture, 2, [stream]);
  await readAgain(stream);
  const { disclosures: reported, formerLives } = await disclosures.find('civil.person', 'p1000');
  t.strictSame(reported, []);
  t.match(formerLives, [{ grant: 'g', party: 'health', system: 'reader', log: previous, receipts: 1 }]);
});

t.test('what was stored before a receipt of a previous epoch still is what went out under it', async (t) => {
  const { fixture, stream, disclosures } = await setUp(t);
  const kept = await fixture.publish('create', person(1));
  const longAgo = Date.now() + SKEW_MS;
  await eventually(() => Date.now() > longAgo, 'the event to be older than the receipt', WAIT_MS);
  const { sink, subscription } = await follow(stream);
  await fixture.publish('create', person(2));
  await sink.until(() => sink.positions.length === 2);
  await subscription.close();
  await startEpoch(fixture.bus, 0, stream.logOf(0));
  await readAgain(stream);
  const { disclosures: reported, formerLives } = await disclosures.find('civil.person', 'p1');
  t.match(reported, [{ grant: 'g', position: kept, certainty: 'delivered' }]);
  t.equal(formerLives[0]?.receipts, 1);
  t.strictSame((await disclosures.find('civil.person', 'p2')).disclosures, [], 'another could stand there now');
});
