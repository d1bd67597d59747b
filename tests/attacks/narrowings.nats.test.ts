import t, { type Test } from 'tap';
import { RECEIPTS_STREAM } from '../../broker/nats/streams.js';
import { startBroker } from '../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { eventually } from '../support/condition.js';
import { connect, startNats } from '../support/nats/nats.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call, mustCall } from '../support/raw-client/raw-http.js';

const LIST_BYTES = 80_000;
const OPENED = 8;
const narrowing = (name: string) => ({
  district: { in: ['d1', ...Array.from({ length: 5_000 }, (_none, i) => `${name}-district-${i}`)] },
});
const event = (id: string, district: string): string =>
  JSON.stringify({ specversion: '1.0', id, type: ENTRY, op: 'create', data: { id, district } });

async function opened(t: Test, narrowingBytesPerDay: number) {
  const nats = await startNats(t);
  const bus = await connect(t, nats);
  const broker = await startBroker(t, { nats, config: { quotas: { narrowingBytesPerDay } } });
  await broker.apply(REFUSAL_BUNDLE);
  const receiptBytes = async (): Promise<number> => (await bus.jsm.streams.info(RECEIPTS_STREAM)).state.bytes;
  const source = { url: broker.url, token: TOKENS.source };
  const session = await RawSession.open({ url: broker.url, token: TOKENS.reader, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());
  return { broker, receiptBytes, source, session };
}

t.test('a long narrowing is stored once, however often it is used, and disclosures go by it', async (t) => {
  const { broker, receiptBytes, source, session } = await opened(t, 64 * 1024 * 1024);
  for (const [id, district] of Object.entries({ s1: 'd1', s2: 'd2' })) {
    await mustCall(source, 'POST', '/v1/events', event(id, district));
  }
  const narrow = narrowing('a');
  for (let i = 0; i < OPENED; i++) {
    await session.subscribe({ grant: 'g-shops', cursor: `c${i}`, from: 'earliest', narrow });
  }
  const bytes = await receiptBytes();
  t.ok(bytes > LIST_BYTES, `the narrowing is on record: ${bytes} bytes`);
  t.ok(bytes < 2 * LIST_BYTES, `once: ${bytes} bytes`);
  const operator = { url: broker.url, token: broker.operatorToken };
  const disclosed = async (subject: string): Promise<number> => {
    const { json } = await mustCall(operator, 'GET', `/v1/disclosures?entry=${ENTRY}&subject=${subject}`);
    return (json as { disclosures: unknown[] }).disclosures.length;
  };
  await eventually(async () => (await disclosed('s1')) === OPENED, 'the deliveries to be disclosed', 30_000);
  t.equal(await disclosed('s2'), 0, 'what the narrowing left out');
});

t.test('different narrowings of a system within a day are bounded, and one of a megabyte is refused', async (t) => {
  const { broker, receiptBytes, session } = await opened(t, 2.5 * LIST_BYTES);
  const subscribe = (cursor: string, narrow: object) =>
    session.subscribe({ grant: 'g-shops', cursor, from: 'latest', narrow: narrow as never });
  const huge = { district: { is: 'x'.repeat(1_000_000) } };
  await t.rejects(subscribe('huge', huge), /TOO_LARGE|at most 524288 characters/);
  await subscribe('a', narrowing('a'));
  await subscribe('b', narrowing('b'));
  for (let i = 0; i < 10; i++) await t.rejects(subscribe(`c${i}`, narrowing(`c${i}`)), /quotas\.narrowingBytesPerDay/);
  await subscribe('a-again', narrowing('a'));
  t.ok((await receiptBytes()) < 4 * LIST_BYTES);
  const page = `/v1/grants/g-shops/events?from=earliest&narrow=${encodeURIComponent('{"district":{"is":"d1"}}')}`;
  t.equal((await call({ url: broker.url, token: TOKENS.reader }, 'GET', page)).status, 200, 'a short one is no matter');
});
