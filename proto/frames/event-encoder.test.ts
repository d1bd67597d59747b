import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import t from 'tap';
import { entryWithRecords, text } from '../../tests/support/arbitrary-entry.js';
import { grantProto } from '../entry/entry-proto.js';
import { fieldOf, type ItemField } from '../entry/item-field.js';
import { DELIVERED_OPS } from '../event/event.js';
import { MessageWriter } from '../event/message-writer.js';
import { RecordCodec } from '../event/record.js';
import { type EventEncoder, eventEncoder, type ProjectedEvent, toDeliveredEvent } from './event-encoder.js';
import { EVENTS_HEAD_BYTES_MAX, eventsMessage } from './events-message.js';
import { codecFor } from './frame-codec.js';
import { type EventsFrame, SUBPROTOCOLS } from './frames.js';
import { FRAMES_PROTO } from './frames-proto.js';

const RUNS = { numRuns: 200 };

/** Encodes events one by one, as a channel does. */
function pieces(encoder: EventEncoder, events: readonly ProjectedEvent[]): Uint8Array[] {
  const writer = new MessageWriter();
  return events.map((event) => {
    encoder.write(event, writer.begin());
    return writer.finish();
  });
}

/** The payload of a WebSocket message. */
function payload(message: Uint8Array): Uint8Array {
  const short = (message[1] as number) & 0x7f;
  return message.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
}

interface Batch {
  fields: ItemField[];
  codec: RecordCodec;
  entry: string;
  events: ProjectedEvent[];
}

/** Events of one entry as the engine hands them to an encoder. */
const batch: fc.Arbitrary<Batch> = entryWithRecords.chain(({ version, records }) => {
  const fields = version.items.map(fieldOf);
  const codec = new RecordCodec(fields);
  const event = fc.record({
    entry: fc.constant(version.id),
    position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    timeMs: fc.integer({ min: 0, max: Date.parse('9999-12-31') }),
    op: fc.constantFrom(...DELIVERED_OPS),
    subject: fc.option(text, { nil: undefined }),
    record: fc.option(fc.constantFrom(...records.map((record) => codec.encode(record))), { nil: undefined }),
    snapshotId: fc.option(text, { nil: undefined }),
    corrects: fc.option(fc.maxSafeNat(), { nil: undefined }),
  });
  return fc.array(event, { maxLength: 5 }).map((events) => ({ fields, codec, entry: version.id, events }));
});

for (const protocol of SUBPROTOCOLS) {
  t.test(`${protocol}: any event of any entry is decoded as it was encoded`, async (t) => {
    fc.assert(
      fc.property(batch, fc.maxSafeNat(), fc.maxSafeNat(), ({ codec, events }, channel, through) => {
        const encoder = eventEncoder(protocol, codec);
        const message = eventsMessage(encoder, { channel, through, events: events.length }, pieces(encoder, events));
        const read = codecFor(protocol).decodeServer(payload(message), !encoder.isText) as EventsFrame;
        for (const event of read.events) {
          if (event.data instanceof Uint8Array) event.data = codec.decode(event.data);
        }
        const expected = events.map((event) => toDeliveredEvent(event, codec));
        deepStrictEqual(read, { kind: 'events', channel, through, events: expected });
      }),
      RUNS,
    );
    t.pass('all were');
  });

  t.test(`${protocol}: the head of an events frame has a bounded size`, async (t) => {
    fc.assert(
      fc.property(batch, ({ codec, events }) => {
        const encoder = eventEncoder(protocol, codec);
        const written = pieces(encoder, events);
        const sum = written.reduce((bytes, piece) => bytes + piece.length, 0);
        const head = { channel: Number.MAX_SAFE_INTEGER, through: Number.MAX_SAFE_INTEGER, events: events.length };
        const message = eventsMessage(encoder, head, written);
        strictEqual(payload(message).length - sum <= EVENTS_HEAD_BYTES_MAX, true);
      }),
      RUNS,
    );
    t.pass('all were');
  });

  t.test(`${protocol}: events encoded earlier are not changed by later ones`, async (t) => {
    const codec = new RecordCodec([{ name: 'id', number: 1, type: 'string', list: false }]);
    const encoder = eventEncoder(protocol, codec);
    const event = (position: number): ProjectedEvent => ({
      entry: 'a.b',
      position,
      timeMs: 0,
      op: 'create',
      subject: `s${position}`,
      record: codec.encode({ id: `s${position}`.repeat(100) }),
      snapshotId: undefined,
      corrects: undefined,
    });
    const written = pieces(
      encoder,
      Array.from({ length: 1000 }, (_, i) => event(i + 1)),
    );
    const message = eventsMessage(encoder, { channel: 1, through: 1000, events: 1000 }, written);
    const frame = codecFor(protocol).decodeServer(payload(message), !encoder.isText);
    t.strictSame(
      (frame as EventsFrame).events.map((one) => one.subject),
      Array.from({ length: 1000 }, (_, i) => `s${i + 1}`),
    );
  });
}

t.test('a reader that has only frames.proto and event.proto reads every event', async (t) => {
  const Frame = protobuf.parse(FRAMES_PROTO, { keepCase: true }).root.lookupType('sluice.v1.Frame');
  fc.assert(
    fc.property(batch, ({ fields, codec, entry, events }) => {
      const definition = grantProto('g', entry, fields);
      const Granted = protobuf.parse(definition.text, { keepCase: true }).root.lookupType(definition.message);
      const encoder = eventEncoder('sluice.v1.protobuf', codec);
      const message = eventsMessage(
        encoder,
        { channel: 7, through: 9, events: events.length },
        pieces(encoder, events),
      );
      const { events: read } = Frame.toObject(Frame.decode(payload(message)), {
        longs: Number,
        defaults: true,
        arrays: true,
      });
      read.events.forEach((event: { data?: Uint8Array; position: number }, i: number) => {
        strictEqual(event.position, events[i]?.position);
        const record = events[i]?.record;
        strictEqual(event.data === undefined, record === undefined);
        if (!event.data || !record) return;
        const object = Granted.toObject(Granted.decode(event.data), { longs: Number }) as Record<string, unknown>;
        for (const { name, list } of fields.filter((field) => field.type === 'object')) {
          if (!(name in object)) continue;
          const value = object[name];
          object[name] = list ? (value as string[]).map((one) => JSON.parse(one)) : JSON.parse(value as string);
        }
        deepStrictEqual(Object.fromEntries(Object.entries(object)), codec.decode(record));
      });
    }),
    RUNS,
  );
  t.pass('all were');
});
