import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { encodeBatch, piecesOf } from './encoded-batch.js';
import { EventWriter, type WrittenEvent } from './event-writer.js';

const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constant('陈小明'),
);

const objectOf = (writer: EventWriter, text: string): WrittenEvent =>
  writer.begin().ascii('{"a":').string(text).raw(Buffer.from('_,"b":'), 1).json('[1]').raw(Buffer.from('}')).end('p.e');

t.test('a string is written as JSON.stringify writes it', async (t) => {
  const writer = new EventWriter();
  fc.assert(
    fc.property(texts, (text) => {
      strictEqual(objectOf(writer, text).text, JSON.stringify({ a: text, b: [1] }));
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

t.test('UTF-8 is written as the same string of JSON, and malformed UTF-8 as a decoder reads it', async (t) => {
  const writer = new EventWriter();
  const bytes = fc.oneof(
    texts.map((text) => Buffer.from(text)),
    fc.uint8Array().map((list) => Buffer.from(list)),
  );
  fc.assert(
    fc.property(bytes, fc.nat(3), (source, margin) => {
      const padded = Buffer.concat([Buffer.alloc(margin, '"'), source, Buffer.from('"')]);
      const event = writer
        .begin()
        .utf8(padded, margin, padded.length - 1)
        .end('p.e');
      strictEqual(event.text, JSON.stringify(source.toString()));
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

t.test('events are sent one behind the other, from whatever blocks they lie in', async (t) => {
  const event = fc.oneof(
    { weight: 5, arbitrary: fc.record({ isWritten: fc.constant(true), text: texts }) },
    fc.record({
      isWritten: fc.boolean(),
      text: fc.integer({ min: 0, max: 80_000 }).map((length) => 'x'.repeat(length)),
    }),
  );
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), (given) => {
      const writer = new EventWriter();
      const events = given.map(({ isWritten, text }) =>
        isWritten ? objectOf(writer, text) : ({ id: 'e:1', type: 'p.e', op: 'create', subject: text } as SourceEvent),
      );
      const { parts } = encodeBatch({ events, atomic: false, confirm: () => undefined });
      const pieces = piecesOf(parts);
      const sent = JSON.parse(`[${Buffer.concat(pieces).toString()}]`) as unknown[];
      const expected = given.map(({ isWritten, text }) =>
        isWritten ? { a: text, b: [1] } : { id: 'e:1', type: 'p.e', op: 'create', subject: text },
      );
      deepStrictEqual(JSON.stringify(sent), JSON.stringify(expected));
      const bytes = parts[0]!.events.reduce((sum, one) => sum + one.bytes, 0);
      strictEqual(
        pieces.reduce((sum, piece) => sum + piece.length, 0),
        bytes - 1,
        'a comma less than events',
      );
    }),
  );
  t.pass();
});

t.test('events that were written in a row are one piece', async (t) => {
  const writer = new EventWriter();
  const events = Array.from({ length: 100 }, (_none, i) => objectOf(writer, String(i)));
  const { parts } = encodeBatch({ events, atomic: false, confirm: () => undefined });
  t.equal(piecesOf(parts).length, 1);
});
