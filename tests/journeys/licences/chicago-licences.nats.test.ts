import t from 'tap';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { SHARED_SECRET, startBroker } from '../../support/broker/broker.js';
import { firstDifference } from '../../support/first-difference.js';
import { mergedEvents } from '../../support/merged-events.js';
import { RawFollower } from '../../support/raw-client/raw-follower.js';
import { applyBundle, publishBatch, publishLines } from '../../support/raw-client/raw-http.js';
import { RawLink } from '../../support/raw-client/raw-link.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { testDataFile } from '../../support/test-data.js';
import { CHICAGO_BUNDLE, DISTRICT, STATISTICS_GRANT, TOKENS } from './chicago-bundle.js';
import { type ExpectedLicence, expectedLicences } from './chicago-expected.js';
import { LICENCE_ENTRY, licenceEvents, readLicences } from './chicago-records.js';

const DEPARTMENTS = ['tax', 'police', 'statistics'] as const;
const ENCODINGS = { tax: 'sluice.v1.protobuf', police: 'sluice.v1.json', statistics: 'sluice.v1.msgpack' } as const;
const GRANTS = { tax: 'g-revenue', police: 'g-police', statistics: STATISTICS_GRANT };
/** Bound for ten thousand events on two busy cores. */
const DELIVERY_MS = 60_000;

const file = testDataFile('chicago-business-licenses.csv');
const skip = file.isThere ? false : `${file.path} is not there; SLUICE_TEST_DATA names the folder of test data`;

t.test('three departments receive exactly their part of ten thousand licences', { skip }, async (t) => {
  const random = SeededRandom.fromEnvironment('SLUICE_JOURNEY_SEED');
  t.comment(`seed ${random.seed} (SLUICE_JOURNEY_SEED)`);
  const broker = await startBroker(t);
  const operator = { url: broker.url, token: broker.operatorToken };
  await applyBundle(operator, CHICAGO_BUNDLE);

  const rows = readLicences(file.path);
  const lines = licenceEvents(rows).map((event) => JSON.stringify(event));
  const half = lines.length / 2;
  const unsteady = random.pick(DEPARTMENTS);
  const cutAfter = Array.from({ length: 8 }, () => random.between(1, unsteady === 'police' ? 150 : 1200));
  t.comment(`${unsteady} disconnects after ${cutAfter.join(', ')} events`);
  const followers = DEPARTMENTS.map((department) =>
    follow(broker.url, department, department === unsteady ? cutAfter : [], random),
  );

  // Two departments are live from the start; the tax office connects after half of the events.
  const [tax, ...live] = followers as [RawFollower, ...RawFollower[]];
  for (const follower of live) follower.start();
  const source = { url: broker.url, token: TOKENS.licensing };
  const first = await publishLines(source, lines.slice(0, half));
  tax.start();
  const second = await publishLines(source, lines.slice(half));
  const answers = [...first, ...second];
  t.equal(answers.filter((answer) => answer.position !== undefined).length, lines.length, 'all are acknowledged');
  await publishBatch(source, [{ ...END, type: LICENCE_ENTRY.id }]);

  const expected = expectedLicences(rows, {
    district: DISTRICT,
    secret: SHARED_SECRET,
    statisticsGrant: STATISTICS_GRANT,
  });
  for (const [index, department] of DEPARTMENTS.entries()) {
    const follower = followers[index] as RawFollower;
    await follower.until(
      () => hasEnd(follower),
      () => `all licences of ${department}`,
      DELIVERY_MS,
    );
    await follower.stop();
    await follower.options.link.close();
    const events = mergedEvents(follower.runs);
    t.equal(events.pop()?.op, 'snapshot_end', `${department}: nothing came after the end`);
    t.equal(
      firstDifference(events.map(withoutPosition), expected[department]),
      undefined,
      `${department}: ${events.length} events`,
    );
    t.ok(areInOrder(events), `${department}: positions ascend, and ids say them`);
  }
  t.ok((followers[DEPARTMENTS.indexOf(unsteady)]?.runs.length ?? 0) > 1, 'one of them had to resume');
  t.strictSame(
    opsOf(expected.police),
    ['create', 'enter', 'leave', 'update'],
    'businesses came into the district and left it',
  );
});

const END = { specversion: '1.0', id: 'end', op: 'snapshot_end', snapshotid: 'end' } as const;

function follow(url: string, department: keyof typeof GRANTS, cutAfter: number[], random: SeededRandom): RawFollower {
  return new RawFollower({
    link: new RawLink({ url, token: TOKENS[department], encoding: ENCODINGS[department] }),
    grant: GRANTS[department],
    cursor: 'default',
    from: 'cursor',
    ackPolicy: { credit: 1000, every: random.between(1, 300), delayMs: random.pick([undefined, 0, 5]) },
    resume: 'cursor',
    cutAfter,
  });
}

const hasEnd = (follower: RawFollower): boolean =>
  follower.runs.some((run) => run.subscription.events.at(-1)?.snapshotid === END.snapshotid);

function withoutPosition({ op, subject, data }: DeliveredEvent): ExpectedLicence {
  return { op, subject: subject as string, ...(data ? { data } : {}) };
}

const areInOrder = (events: DeliveredEvent[]): boolean =>
  events.every(
    ({ id, position, type }, index) =>
      id === `${LICENCE_ENTRY.id}@${position}` &&
      type === LICENCE_ENTRY.id &&
      position > (events[index - 1]?.position ?? 0),
  );

const opsOf = (licences: ExpectedLicence[]): string[] => [...new Set(licences.map(({ op }) => op))].sort();
