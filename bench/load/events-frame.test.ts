import t from 'tap';
import type { ItemField } from '../../proto/entry/item-field.js';
import { MessageWriter } from '../../proto/event/message-writer.js';
import { RecordCodec } from '../../proto/event/record.js';
import { eventEncoder } from '../../proto/frames/event-encoder.js';
import { eventsMessage } from '../../proto/frames/events-message.js';
import { readJsonEvents, readProtobufEvents } from './events-frame.js';
import { FrameSplitter } from './frame-splitter.js';

const writer = new MessageWriter();

const fields: ItemField[] = [{ name: 'recordId', number: 1, type: 'string', list: false }];
const codec = new RecordCodec(fields);
const event = (position: number) => ({
  entry: 'bench.records',
  position,
  timeMs: 0,
  op: 'create' as const,
  subject: `r${position}`,
  record: codec.encode({ recordId: `r${position}` }),
  snapshotId: undefined,
  corrects: undefined,
});

t.test('channel, last position and number of events are read from both encodings', async (t) => {
  for (const [protocol, read] of [
    ['sluice.v1.protobuf', readProtobufEvents],
    ['sluice.v1.json', readJsonEvents],
  ] as const) {
    const encoder = eventEncoder(protocol, codec);
    const written = [1, 200, 70_000].map((position) => {
      encoder.write(event(position), writer.begin());
      return writer.finish();
    });
    for (const count of [0, 1, 3]) {
      const head = { channel: 2 ** 46 + 1, through: 70_001, events: count };
      const frame = payload(eventsMessage(encoder, head, written.slice(0, count)));
      const found: string[] = [];
      const seen = read(frame, (from, to) => found.push(frame.toString('latin1', from, to)));
      t.same(seen, { channel: 2 ** 46 + 1, through: 70_001, events: count });
      t.same(
        found.map((bytes) => /bench\.records@(\d+)/.exec(bytes)?.[1]),
        ['1', '200', '70000'].slice(0, count),
      );
    }
  }
});

function payload(message: Uint8Array): Buffer {
  let found = Buffer.alloc(0);
  new FrameSplitter((_opcode, bytes) => {
    found = bytes as Buffer<ArrayBuffer>;
  }).push(Buffer.from(message));
  return found;
}
