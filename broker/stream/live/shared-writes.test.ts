import t from 'tap';
import { socketMessage } from '../../../proto/frames/socket-message.js';
import { RecordingSink } from '../../../tests/support/broker/recording-sink.js';
import { SharedWrites } from './shared-writes.js';

const ackedAt = (position: number): Uint8Array =>
  socketMessage(Buffer.from(JSON.stringify({ kind: 'acked', channel: 1, position })));

const positionsOf = ({ frames }: RecordingSink): unknown[] =>
  frames.map((frame) => 'position' in frame && frame.position);

t.test('a frame is sent at once, and held while frames are gathered', async (t) => {
  const writes = new SharedWrites();
  const sink = new RecordingSink();
  writes.send(sink, ackedAt(1));
  t.same(positionsOf(sink), [1]);
  writes.gather(() => {
    writes.send(sink, ackedAt(2));
    writes.send(sink, ackedAt(3));
  });
  t.same(positionsOf(sink), [1], 'nothing is written before write is called');
  t.equal(writes.write(Number.POSITIVE_INFINITY), true);
  t.same(positionsOf(sink), [1, 2, 3]);
  writes.send(sink, ackedAt(4));
  t.same(positionsOf(sink), [1, 2, 3, 4], 'the gathering is over');
});

t.test('writing stops when its time is over, and goes on with the sinks that are left', async (t) => {
  const writes = new SharedWrites();
  const sinks = Array.from({ length: 3 }, () => new RecordingSink());
  writes.gather(() => {
    for (const sink of sinks) writes.send(sink, ackedAt(1));
  });
  const written = () => sinks.map(({ frames }) => frames.length);
  t.equal(writes.write(0), false);
  t.same(written(), [1, 0, 0], 'however late it is, one sink is written to');
  t.equal(writes.write(0), false);
  t.equal(writes.write(0), true);
  t.same(written(), [1, 1, 1]);
});

t.test('gathering ends when the delivery fails', async (t) => {
  const writes = new SharedWrites();
  const sink = new RecordingSink();
  t.throws(() =>
    writes.gather(() => {
      throw new RangeError('broken');
    }),
  );
  writes.send(sink, ackedAt(1));
  t.same(positionsOf(sink), [1]);
});
