import t from 'tap';
import type { RecordBatch } from '../thread-messages.js';
import { Feeder } from './feeder.js';

const MIB = 1024 * 1024;

function opened() {
  const sent: RecordBatch[] = [];
  const reads: number[] = [];
  const feeder = new Feeder({
    readAfter: async (seq) => {
      reads.push(seq);
      return [];
    },
    head: () => 0,
    send: (batch) => sent.push(batch),
    onFailed: () => {},
  });
  return { feeder, sent, reads };
}

/** After what was queued for the end of the turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test(
  'a start waits while the thread is behind, and what it read meanwhile is sent without another read',
  async (t) => {
    const { feeder, sent, reads } = opened();
    t.equal(feeder.backpressure(), undefined);
    for (let seq = 1; seq <= 40; seq++) feeder.note(seq, new Uint8Array(MIB));
    let goesOn = false;
    const capacity = feeder.backpressure()?.then(() => {
      goesOn = true;
    });
    await turn();
    t.notOk(goesOn, 'no thread takes records yet');
    feeder.startAt(0);
    await turn();
    t.same([sent.length, reads], [1, []]);
    await capacity;
    t.same(
      sent.map(({ first, ends }) => [first, ends.length]),
      [[1, 40]],
    );
    t.equal(feeder.backpressure(), undefined);
  },
);

t.test('a thread that has several batches to take is sent whole ones only', async (t) => {
  const { feeder, sent } = opened();
  feeder.startAt(0);
  for (let seq = 1; seq <= 2_500; seq++) {
    feeder.note(seq, new Uint8Array(1));
    if (seq <= 6) await turn();
  }
  await turn();
  const sizes = () => sent.map(({ ends }) => ends.length);
  t.same(sizes(), [1, 1, 1, 1, 1_000, 1_000]);
  feeder.taken(2_004);
  await turn();
  t.same(sizes(), [1, 1, 1, 1, 1_000, 1_000, 496]);
});

t.test('records that the thread has are not sent again, and a full queue gives up its oldest', async (t) => {
  const { feeder, sent, reads } = opened();
  feeder.startAt(10);
  for (let seq = 1; seq <= 12; seq++) feeder.note(seq, new Uint8Array(1));
  await turn();
  t.same(
    sent.map(({ first, ends }) => [first, ends.length]),
    [[11, 2]],
  );
  feeder.pause();
  for (let seq = 13; seq <= 112; seq++) feeder.note(seq, new Uint8Array(MIB));
  feeder.startAt(12);
  await turn();
  t.equal(sent.length, 1, 'record 13 is not in the queue any more');
  feeder.stop();
  t.same(reads, [], 'the ledger has no more than the thread');
});
