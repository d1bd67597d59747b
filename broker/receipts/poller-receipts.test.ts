import t from 'tap';
import { PollerReceipts } from './poller-receipts.js';
import { Receipt } from './receipt.js';
import type { ReceiptAct, ReceiptChain } from './receipt-chain.js';
import type { ReceiptOpening } from './receipt-record.js';

const opening = (from: number): ReceiptOpening => ({
  grant: 'g',
  party: 'p',
  system: 's',
  entry: 'a.b',
  partition: 0,
  log: 'e1',
  session: 'http',
  cursor: 'c',
  encoding: 'http',
  grantSeq: 1,
  narrow: {},
  from,
});

/** The records that reach the store, without their ids. */
function pollers() {
  const records: ReceiptAct[] = [];
  const chain = {
    append: async (_party: string, _grant: string, act: ReceiptAct) => void records.push(act),
  } as unknown as ReceiptChain;
  let nowMs = 0;
  const registry = {
    open: (of: ReceiptOpening) => Receipt.open(chain, of, { narrow: of.narrow }),
    close: (receipt: Receipt, reason: string) => receipt.close(reason),
  };
  const receipts = new PollerReceipts(registry, () => nowMs);
  const poll = (from: number, through: number, handOut = (): void => {}): Promise<void> =>
    receipts.record(opening(from), { from, through }, through - from, handOut);
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  const acts = (): string[] => records.map((record) => record.act);
  return { receipts, poll, records, acts, advance };
}

t.test('a single page has a receipt of its own, closed at once', async (t) => {
  const { poll, records } = pollers();
  await poll(0, 5);
  t.match(records, [
    { act: 'open', from: 0 },
    { act: 'close', through: 5, sent: 5 },
  ]);
});

t.test('a thousand pages without a gap are one receipt after the first', async (t) => {
  const { receipts, poll, records } = pollers();
  for (let i = 0; i < 1_000; i++) await poll(i * 10, i * 10 + 10);
  await receipts.drain();
  t.match(records, [
    { act: 'open', from: 0 },
    { act: 'close', through: 10 },
    { act: 'open', from: 10 },
    { act: 'close', through: 10_000, sent: 9_990 },
  ]);
  t.equal(records.length, 4);
});

t.test('a page asked for again belongs to the receipt that covers it', async (t) => {
  const { receipts, poll, records } = pollers();
  await poll(0, 10);
  await poll(10, 20);
  await poll(10, 20);
  await receipts.drain();
  t.match(records.at(-1), { act: 'close', through: 20, sent: 20 });
});

t.test('a page behind a gap begins a receipt of its own: what lies between was not sent', async (t) => {
  const { receipts, poll, records } = pollers();
  await poll(0, 10);
  await poll(10, 20);
  await poll(30, 40);
  await receipts.drain();
  const closed = records.filter(({ act }) => act === 'close');
  t.match(closed.map((record) => 'through' in record && record.through).sort(), [10, 20, 40]);
});

t.test('a page that must not go out does not count as delivered', async (t) => {
  const { receipts, poll, records } = pollers();
  await poll(0, 10);
  await poll(10, 20);
  const refused = (): void => {
    throw new Error('the grant has ended');
  };
  await t.rejects(poll(20, 30, refused), /the grant has ended/);
  await receipts.drain();
  t.match(records.at(-1), { act: 'close', through: 20 });
});

t.test('an empty page between two others leaves no gap', async (t) => {
  const { receipts, poll, acts } = pollers();
  await poll(0, 10);
  await poll(10, 20);
  receipts.passed(opening(20), { from: 20, through: 90 });
  await poll(90, 95);
  t.same(acts(), ['open', 'close', 'open']);
});

t.test('pages asked for at once share one receipt', async (t) => {
  const { receipts, poll, acts } = pollers();
  await poll(0, 10);
  await Promise.all([poll(10, 20), poll(10, 20), poll(10, 20)]);
  await receipts.drain();
  t.same(acts(), ['open', 'close', 'open', 'close']);
});
