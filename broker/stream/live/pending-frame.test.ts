import t from 'tap';
import { MessageWriter } from '../../../proto/event/message-writer.js';
import { RecordCodec } from '../../../proto/event/record.js';
import { type EventEncoder, eventEncoder, type ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { EVENTS_BYTES_MAX, eventsMessage } from '../../../proto/frames/events-message.js';
import { SUBPROTOCOLS, type Subprotocol } from '../../../proto/frames/frames.js';
import { PendingFrame } from './pending-frame.js';

const HEAD = { channel: 2 ** 46, through: 12_345_678 };
const codec = new RecordCodec([{ name: 'id', number: 1, type: 'string', list: false }]);

const event = (position: number, recordBytes = 20): ProjectedEvent => ({
  entry: 'a.b',
  position,
  timeMs: 0,
  op: 'create',
  subject: `s${position}`,
  record: codec.encode({ id: 'x'.repeat(recordBytes) }),
  snapshotId: undefined,
  corrects: undefined,
});

/** The same frame from pieces. */
function framed(protocol: Subprotocol, events: readonly ProjectedEvent[]): string {
  const encoder = eventEncoder(protocol, codec);
  const writer = new MessageWriter();
  const pieces = events.map((one) => {
    encoder.write(one, writer.begin());
    return writer.finish();
  });
  return Buffer.from(eventsMessage(encoder, { ...HEAD, events: events.length }, pieces)).toString('hex');
}

const taken = (frame: PendingFrame): string => Buffer.from(frame.take(HEAD)).toString('hex');

for (const protocol of SUBPROTOCOLS) {
  t.test(`${protocol}: a frame that grows event by event is the frame of all of them`, async (t) => {
    const frame = new PendingFrame(eventEncoder(protocol, codec));
    // Each count is a frame of its own: much larger than the one before, much smaller, and as large.
    for (const count of [1, 1, 300, 2, 1, 40, 40, 3_000, 1]) {
      const events = Array.from({ length: count }, (_, i) => event(i + 1, (i * 37) % 300));
      for (const one of events) t.ok(frame.add(one));
      t.equal(frame.events, count);
      t.ok(taken(frame) === framed(protocol, events), `${count} events`);
      t.equal(frame.events, 0);
    }
  });
}

t.test('a frame that was taken is not changed by the events of the next one', async (t) => {
  const frame = new PendingFrame(eventEncoder('sluice.v1.protobuf', codec));
  frame.add(event(1));
  const first = frame.take(HEAD);
  const before = Buffer.from(first).toString('hex');
  for (let position = 2; position < 100; position++) frame.add(event(position));
  frame.take(HEAD);
  t.equal(Buffer.from(first).toString('hex'), before);
});

for (const protocol of SUBPROTOCOLS) {
  t.test(`${protocol}: a frame of a single event takes at most twice its size, also after a large one`, async (t) => {
    const frame = new PendingFrame(eventEncoder(protocol, codec));
    for (const recordBytes of [200_000, 300, 300]) {
      frame.add(event(1, recordBytes));
      frame.take(HEAD);
    }
    const allocated = t.capture(Buffer, 'allocUnsafe', Buffer.allocUnsafe);
    frame.add(event(2, 300));
    const { length } = frame.take(HEAD);
    const sizes = allocated().map(({ args: [size] }) => size);
    t.ok(sizes.reduce((sum, size) => sum + size, 0) <= 2 * length, `${sizes} bytes for a frame of ${length}`);
  });
}

t.test('an event for which a frame has no room is left out of it, and fits into the next one', async (t) => {
  const frame = new PendingFrame(eventEncoder('sluice.v1.protobuf', codec));
  const half = EVENTS_BYTES_MAX / 2;
  t.ok(frame.add(event(1, half)));
  t.notOk(frame.add(event(2, half)));
  t.ok(taken(frame) === framed('sluice.v1.protobuf', [event(1, half)]));
  t.ok(frame.add(event(2, half)));
  t.ok(taken(frame) === framed('sluice.v1.protobuf', [event(2, half)]));
});

t.test('an event that cannot be encoded leaves nothing in the frame', async (t) => {
  const encoder = eventEncoder('sluice.v1.protobuf', codec);
  const failing: EventEncoder = {
    isText: false,
    separatorBytes: 0,
    tail: encoder.tail,
    head: (head) => encoder.head(head),
    write: (one, writer) => {
      encoder.write(one, writer);
      if (one.position === 2) throw new RangeError('broken');
    },
  };
  const frame = new PendingFrame(failing);
  frame.add(event(1));
  t.throws(() => frame.add(event(2)), RangeError);
  frame.add(event(3));
  t.equal(taken(frame), framed('sluice.v1.protobuf', [event(1), event(3)]));
  t.throws(() => frame.add(event(2)), RangeError);
  t.equal(frame.events, 0);
});
