import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { text } from '../../tests/support/arbitrary-entry.js';
import { decodeDeliverable, decodeEnvelope, EnvelopeError, encodeEnvelope, type StoredEvent } from './envelope.js';
import { SOURCE_OPS } from './event.js';
import { Writer } from './protobuf.js';

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));

const storedEvent: fc.Arbitrary<StoredEvent> = fc.record({
  op: fc.constantFrom(...SOURCE_OPS),
  entryVersion: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  acceptedAtMs: fc.maxSafeNat(),
  keyId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  subject: maybe(text),
  data: maybe(bytes),
  previous: maybe(bytes),
  sourceId: text,
  sourceTime: maybe(text),
  sourcePosition: maybe(text),
  sourceEpoch: maybe(text),
  snapshotId: maybe(text),
  corrects: maybe(fc.maxSafeNat()),
});

/** Absent and undefined mean the same, but deepStrictEqual tells them apart. */
const present = (event: object): object =>
  Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));

t.test('any stored event is decoded as it was encoded, "" and empty data included', async (t) => {
  fc.assert(
    fc.property(storedEvent, (event) => {
      deepStrictEqual(present(decodeEnvelope(encodeEnvelope(event))), present(event));
    }),
    { numRuns: 500 },
  );
  t.pass('for every event');
});

t.test('delivery decodes the same event without the attributes that the source chose freely', async (t) => {
  fc.assert(
    fc.property(storedEvent, (event) => {
      const { sourceId: _id, sourceTime: _time, sourcePosition: _position, sourceEpoch: _epoch, ...rest } = event;
      const read = decodeDeliverable(encodeEnvelope(event));
      deepStrictEqual(present(read), present(rest));
    }),
    { numRuns: 500 },
  );
  t.pass('for every event');
});

t.test('an envelope of another format, or without a format, is refused', async (t) => {
  const format = (value: number): Uint8Array => Writer.create().uint32(8).uint32(value).finish();
  t.throws(() => decodeEnvelope(format(2)), EnvelopeError);
  t.throws(() => decodeDeliverable(format(0)), EnvelopeError);
  t.throws(() => decodeEnvelope(new Uint8Array()), EnvelopeError);
  t.throws(() => decodeEnvelope(Writer.create().uint32(16).uint32(1).finish()), EnvelopeError);
});

t.test('an envelope with an unknown op is refused', async (t) => {
  const bytes = Writer.create().uint32(8).uint32(1).uint32(16).uint32(SOURCE_OPS.length).finish();
  t.throws(() => decodeDeliverable(bytes), EnvelopeError);
});

t.test('fields of a newer broker are skipped', async (t) => {
  const event: StoredEvent = { op: 'delete', entryVersion: 3, acceptedAtMs: 5, keyId: 0, sourceId: 'e1', subject: 'k' };
  const later = Writer.create()
    .uint32((99 << 3) | 2)
    .string('new')
    .finish();
  const bytes = Buffer.concat([encodeEnvelope(event), later]);
  t.match(decodeEnvelope(bytes), event);
  t.match(decodeDeliverable(bytes), { op: 'delete', subject: 'k' });
});
