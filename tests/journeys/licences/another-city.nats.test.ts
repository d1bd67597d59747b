import '../../../proto/event/protobuf.js'; // switches Long off in this process, which works only before the first message is made
import protobuf from 'protobufjs';
import t from 'tap';
import type { DeliveredEvent, RecordData } from '../../../proto/event/event.js';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { startBroker } from '../../support/broker/broker.js';
import { firstDifference } from '../../support/first-difference.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { type HttpAddress, mustCall, publishLines } from '../../support/raw-client/raw-http.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { CITY_BUNDLE, CITY_TOKENS, inventedEvents, inventedFile, inventedRecords } from './invented-city.js';

const LINES = 1500;

t.test('the licence file of an unknown city arrives unchanged in all three encodings', async (t) => {
  const { seed } = SeededRandom.fromEnvironment('SLUICE_JOURNEY_SEED');
  t.comment(`seed ${seed} (SLUICE_JOURNEY_SEED)`);
  const broker = await startBroker(t);
  const operator = { url: broker.url, token: broker.operatorToken };
  await mustCall(operator, 'POST', '/v1/bundles', CITY_BUNDLE, 'application/yaml');

  const records = inventedRecords(inventedFile(seed, LINES));
  const lines = inventedEvents(records).map((event) => JSON.stringify(event));
  const answers = await publishLines({ url: broker.url, token: CITY_TOKENS.office }, lines);
  const positions = answers.map(({ position }) => position);
  t.notOk(positions.includes(undefined), 'every line is acknowledged');

  const chamber = { url: broker.url, token: CITY_TOKENS.chamber };
  const valid = records.filter(({ state }) => state === 'valid');
  for (const encoding of SUBPROTOCOLS) {
    const session = await RawSession.open({ ...chamber, encoding });
    const all = await session.subscribe({ grant: 'chamber-all', cursor: encoding.replaceAll('.', '-'), credit: 5000 });
    const some = await session.subscribe({
      grant: 'chamber-valid',
      cursor: encoding.replaceAll('.', '-'),
      credit: 5000,
    });
    await Promise.all([all, some].map((one) => one.until(() => one.isCaughtUp, 'the end of the log')));
    t.equal(firstDifference(all.events.map(dataOf), records), undefined, `${encoding}: every line, every item`);
    t.strictSame(
      all.events.map(({ position }) => position),
      positions,
      `${encoding}: under the acknowledged positions`,
    );
    t.equal(
      firstDifference(some.events.map(dataOf), valid.map(forVoters)),
      undefined,
      `${encoding}: three items of the valid`,
    );
    await session.close();
  }
  await t.test('the same records arrive by HTTP in the message that event.proto defines', async (t) => {
    const pulled = await pullAll(chamber, 'chamber-all');
    t.equal(firstDifference(pulled.map(dataOf), records), undefined);
    const { text } = await mustCall(chamber, 'GET', '/v1/grants/chamber-valid/event.proto');
    const { root } = protobuf.parse(text, { keepCase: true });
    const message = onlyMessage(root);
    t.strictSame(Object.keys(message.fields).sort(), ['holder', 'lat', 'nr'], 'no item that is not granted');
  });
});

const dataOf = ({ data }: DeliveredEvent): RecordData | undefined => data;

function forVoters({ nr, holder, lat }: RecordData): RecordData {
  const voter: RecordData = { nr: nr as string, holder: holder as string };
  return lat === undefined ? voter : { ...voter, lat };
}

/** Reads page after page, as a subscriber without a WebSocket does. */
async function pullAll(at: HttpAddress, grant: string): Promise<DeliveredEvent[]> {
  const events: DeliveredEvent[] = [];
  for (let from: string | number = 'earliest'; ; ) {
    const { text } = await mustCall(at, 'GET', `/v1/grants/${grant}/events?from=${from}&limit=400`);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const through = lines.pop().through as number;
    events.push(...lines);
    if (lines.length === 0) return events;
    from = through;
  }
}

function onlyMessage(root: protobuf.Root): protobuf.Type {
  let namespace: protobuf.NamespaceBase = root;
  while (!(namespace instanceof protobuf.Type)) namespace = namespace.nestedArray[0] as protobuf.NamespaceBase;
  return namespace;
}
