import t from 'tap';
import { eventEncoder } from '../../proto/event-encoder.js';
import type { ItemField } from '../../proto/item-field.js';
import { RecordCodec } from '../../proto/record.js';
import { readJsonEvents, readProtobufEvents } from './events-frame.js';

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

t.test('channel, reach and number of events are read from both encodings', async (t) => {
  for (const [protocol, read] of [
    ['sluice.v1.protobuf', readProtobufEvents],
    ['sluice.v1.json', readJsonEvents],
  ] as const) {
    const encoder = eventEncoder(protocol, codec);
    const pieces = [1, 200, 70_000].map((position) => encoder.piece(event(position)));
    for (const count of [0, 1, 3]) {
      const frame = Buffer.from(encoder.frame(2 ** 46 + 1, 70_001, pieces.slice(0, count)) as Uint8Array);
      const places: string[] = [];
      const seen = read(frame, (from, to) => places.push(frame.toString('latin1', from, to)));
      t.same(seen, { channel: 2 ** 46 + 1, through: 70_001, events: count });
      t.same(
        places.map((place) => /bench\.records@(\d+)/.exec(place)?.[1]),
        ['1', '200', '70000'].slice(0, count),
      );
    }
  }
});
