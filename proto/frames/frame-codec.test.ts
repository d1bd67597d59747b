import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import t from 'tap';
import { items, recordOf } from '../../tests/support/arbitrary-entry.js';
import { clientFrame, serverFrame, sourceEvent, withUndefined } from '../../tests/support/arbitrary-frame.js';
import { codecFor } from './frame-codec.js';
import { type PublishFrame, type SourceEventInput, SUBPROTOCOLS } from './frames.js';
import { FRAMES_PROTO } from './frames-proto.js';

const RUNS = { numRuns: 300 };
const bytesOf = (frame: string | Uint8Array): Uint8Array => (typeof frame === 'string' ? Buffer.from(frame) : frame);

for (const protocol of SUBPROTOCOLS) {
  const codec = codecFor(protocol);
  const isBinary = protocol !== 'sluice.v1.json';

  t.test(`${protocol}: every client frame is decoded as it was encoded`, async (t) => {
    fc.assert(
      fc.property(clientFrame, (frame) => {
        deepStrictEqual(codec.decodeClient(bytesOf(codec.encode(frame)), isBinary), frame);
      }),
      RUNS,
    );
    t.pass('all did');
  });

  t.test(`${protocol}: every broker frame is decoded as it was encoded`, async (t) => {
    fc.assert(
      fc.property(serverFrame, (frame) => {
        deepStrictEqual(codec.decodeServer(bytesOf(codec.encode(frame)), isBinary), frame);
        deepStrictEqual(codec.decodeServer(bytesOf(codec.encode(withUndefined(frame))), isBinary), frame);
      }),
      RUNS,
    );
    t.pass('all did');
  });

  t.test(`${protocol}: a publish frame with any events is decoded as it was encoded`, async (t) => {
    const data = items.chain(recordOf);
    const events: fc.Arbitrary<SourceEventInput> =
      isBinary && protocol.endsWith('protobuf')
        ? sourceEvent(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))
        : sourceEvent(data);
    fc.assert(
      fc.property(fc.array(events, { minLength: 1, maxLength: 4 }), fc.boolean(), (all, atomic) => {
        const frame: PublishFrame = { kind: 'publish', ref: 'r', events: all, ...(atomic && { atomic }) };
        deepStrictEqual(codec.decodeClient(bytesOf(codec.encode(frame)), isBinary), frame);
      }),
      RUNS,
    );
    t.pass('all did');
  });

  t.test(
    `${protocol}: a text message in a binary encoding is refused, and a binary one in a text encoding`,
    async (t) => {
      const message = bytesOf(codec.encode({ kind: 'ack', channel: 1, position: 1 }));
      t.throws(() => codec.decodeClient(message, !isBinary), { code: 'BAD_FRAME' });
      t.throws(() => codec.decodeServer(message, !isBinary), { code: 'BAD_FRAME' });
    },
  );
}

t.test('msgpack frames hold no extension types', async (t) => {
  const frame = codecFor('sluice.v1.msgpack').encode({ kind: 'error', ref: undefined, code: 'INTERNAL', message: 'm' });
  t.strictSame(
    Buffer.from(frame as Uint8Array).toString('hex'),
    `83${'a46b696e64'}${'a56572726f72'}${'a4636f6465'}${'a8494e5445524e414c'}${'a76d657373616765'}${'a16d'}`,
  );
});

t.test('a protobuf frame without its zeros and empty strings is decoded with them', async (t) => {
  const codec = codecFor('sluice.v1.protobuf');
  const frame = (field: number, ...payload: number[]): Uint8Array =>
    Buffer.from([(field << 3) | 2, payload.length, ...payload]);
  t.strictSame(codec.decodeClient(frame(2, 8, 7), true), { kind: 'ack', channel: 7, position: 0 });
  t.strictSame(codec.decodeClient(frame(3, 8, 7, 16, 9), true), {
    kind: 'reject',
    channel: 7,
    position: 9,
    reason: '',
  });
  const fromStart = frame(1, 10, 1, 0x72, 18, 1, 0x67, 34, 2, 18, 0);
  t.strictSame(codec.decodeClient(fromStart, true), { kind: 'subscribe', ref: 'r', grant: 'g', from: { after: 0 } });
  t.throws(() => codec.decodeClient(frame(1, 18, 1, 0x67), true), { code: 'BAD_FRAME', message: /ref/ });
});

t.test('a reader that has only frames.proto reads every broker frame', async (t) => {
  const Frame = protobuf.parse(FRAMES_PROTO, { keepCase: true }).root.lookupType('sluice.v1.Frame');
  const codec = codecFor('sluice.v1.protobuf');
  fc.assert(
    fc.property(serverFrame, (frame) => {
      const { kind, ...fields } = frame;
      const read = Frame.toObject(Frame.decode(bytesOf(codec.encode(frame))), {
        longs: Number,
        arrays: true,
        defaults: true,
      })[kind];
      const expected =
        frame.kind === 'published'
          ? {
              ...fields,
              results: frame.results.map(({ problem, ...rest }) =>
                problem ? { ...rest, problem: JSON.stringify(problem) } : rest,
              ),
            }
          : fields;
      deepStrictEqual(read, expected);
    }),
    RUNS,
  );
  t.pass('all did');
});
