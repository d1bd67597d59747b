import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { MessageWriter } from './message-writer.js';
import { Reader, Writer } from './protobuf.js';

const safe = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -1, 2 ** 53 - 1, 1 - 2 ** 53, 63, 64, -64));

t.test('the message writer writes the same bytes as protobufjs', async (t) => {
  const writer = new MessageWriter();
  const field = fc.record({
    tag: fc.integer({ min: 8, max: 2 ** 31 - 1 }),
    text: fc.string({ unit: 'grapheme', maxLength: 100 }),
    bytes: fc.uint8Array({ maxLength: 300 }),
    number: fc.double(),
    flag: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(field, { maxLength: 5 }), (fields) => {
      const peer = Writer.create();
      writer.begin();
      for (const { tag, text, bytes, number, flag } of fields) {
        peer.uint32(tag).string(text).bytes(bytes).double(number).bool(flag);
        writer.varint(tag).string(text).bytes(bytes).double(number).bool(flag);
      }
      deepStrictEqual(Buffer.from(writer.finish()), Buffer.from(peer.finish()));
    }),
  );
  t.pass('it does');
});

t.test('every integer up to 2^53 − 1 is read back exactly', async (t) => {
  const writer = new MessageWriter();
  fc.assert(
    fc.property(safe, (value) => {
      const reader = Reader.create(writer.begin().sint64(value).varint(Math.abs(value)).finish());
      // Written and read apart: protobufjs itself loses the last bit of the greatest negative ones.
      deepStrictEqual(zigzag(reader), BigInt(value));
      deepStrictEqual(varint(reader), BigInt(Math.abs(value)));
    }),
  );
  t.pass('they do');
});

t.test('a message larger than the buffer of the writer is complete, and so is the next', async (t) => {
  const writer = new MessageWriter();
  const large = 'ä'.repeat(100_000);
  t.equal(Reader.create(writer.begin().string(large).finish()).string(), large);
  t.equal(Reader.create(writer.begin().string('small').finish()).string(), 'small');
});

t.test('a message that was not finished leaves nothing in the next one', async (t) => {
  const writer = new MessageWriter();
  writer.begin().string('secret');
  t.equal(Reader.create(writer.begin().string('open').finish()).string(), 'open');
});

t.test('a nested message is preceded by its length, however long it is', async (t) => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 100_000, 2_097_152]) {
    const writer = new MessageWriter().begin().varint(26);
    const start = writer.open();
    const reader = Reader.create(writer.raw(Buffer.alloc(length, 'x')).close(start).string('behind').finish());
    t.equal(reader.uint32(), 26);
    t.equal(Buffer.from(reader.bytes()).toString(), 'x'.repeat(length), `${length} bytes`);
    t.equal(reader.string(), 'behind');
  }
});

function varint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.buf[reader.pos++] as number;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 128) return value;
  }
}

function zigzag(reader: Reader): bigint {
  const value = varint(reader);
  return (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n;
}
