import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import protobuf from 'protobufjs';
import t from 'tap';
import { items, recordOf } from '../../tests/support/arbitrary-entry.js';
import { clientFrame, serverFrame, sourceEvent, withUndefined } from '../../tests/support/arbitrary-frame.js';
import { ExactNumber } from '../values/exact-number.js';
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

t.test('a key named __proto__ reaches the other side of a frame in every encoding', async (t) => {
  const data = JSON.parse('{"id":"1","form":{"__proto__":{"x":[{"__proto__":1}]},"a":1}}') as object;
  const frame = { kind: 'publish', ref: 'r', events: [{ id: '1', data }] } as unknown as PublishFrame;
  for (const protocol of ['sluice.v1.json', 'sluice.v1.msgpack'] as const) {
    const codec = codecFor(protocol);
    const message = bytesOf(codec.encode(frame));
    for (const read of [
      codec.decodeClient(message, !protocol.endsWith('json')),
      codec.decodeServer(message, !protocol.endsWith('json')),
    ]) {
      t.equal(JSON.stringify((read as unknown as PublishFrame).events[0]!.data), JSON.stringify(data), protocol);
    }
  }
});

t.test('an integer beyond 2^53 − 1 in a frame is not rounded', async (t) => {
  const packr = new Packr({ useRecords: false });
  const big = { kind: 'publish', ref: 'r', events: [{ data: { n: 2n ** 53n + 1n, small: 5n, least: -(2n ** 63n) } }] };
  const read = codecFor('sluice.v1.msgpack').decodeClient(packr.pack(big), true) as unknown as typeof big;
  t.strictSame(read.events[0]!.data, { n: 2n ** 53n + 1n, small: 5, least: -(2n ** 63n) });
  const text = '{"kind":"publish","ref":"r","events":[{"data":{"n":9007199254740993}}]}';
  const json = codecFor('sluice.v1.json').decodeClient(Buffer.from(text), false) as unknown as typeof big;
  t.strictSame(json.events[0]!.data.n, new ExactNumber('9007199254740993'));
  const narrow = { kind: 'subscribe', ref: 'r', grant: 'g', narrow: JSON.parse('{"a":{"min":1}}') } as never;
  const message = Buffer.from(codecFor('sluice.v1.protobuf').encode(narrow) as Uint8Array);
  t.strictSame(codecFor('sluice.v1.protobuf').decodeClient(message, true), narrow);
});

t.test('no number of a frame that addresses something may be beyond 2^53 − 1', async (t) => {
  const packr = new Packr({ useRecords: false });
  const ack = { kind: 'ack', channel: 1, position: 2n ** 53n + 1n };
  t.throws(() => codecFor('sluice.v1.msgpack').decodeClient(packr.pack(ack), true), { code: 'BAD_FRAME' });
  const text = '{"kind":"ack","channel":1,"position":9007199254740993}';
  t.throws(() => codecFor('sluice.v1.json').decodeClient(Buffer.from(text), false), { code: 'BAD_FRAME' });
});

t.test(
  'protobuf acknowledgements are the same to the library and to our own coder, in whatever form they come',
  async (t) => {
    const frameType = protobuf.parse(FRAMES_PROTO, { keepCase: true }).root.lookupType('sluice.v1.Frame');
    const codec = codecFor('sluice.v1.protobuf');
    // The library leaves out a zero, which ours writes: both are read alike, as the last lines say.
    const high = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    const position = high.chain((part) => fc.nat(2 ** 22 - 1).map((low) => part * 2 ** 22 + low));
    fc.assert(
      fc.property(position, position, (channel, through) => {
        for (const kind of ['acked', 'caught_up'] as const) {
          const expected = frameType.encode(frameType.fromObject({ [kind]: { channel, position: through } })).finish();
          const encoded = codec.encode({ kind, channel, position: through });
          deepStrictEqual(Buffer.from(bytesOf(encoded)), Buffer.from(expected));
        }
        const ack = frameType.encode(frameType.fromObject({ ack: { channel, position: through } })).finish();
        deepStrictEqual(codec.decodeClient(ack, true), { kind: 'ack', channel, position: through });
        const twice = Buffer.concat([ack, ack]);
        deepStrictEqual(codec.decodeClient(twice, true), { kind: 'ack', channel, position: through });
      }),
      RUNS,
    );
    t.strictSame(codec.decodeClient(Buffer.from([18, 2, 8, 5]), true), { kind: 'ack', channel: 5, position: 0 });
    t.strictSame(codec.decodeClient(Buffer.from([18, 4, 16, 7, 8, 5]), true), { kind: 'ack', channel: 5, position: 7 });
    for (const cut of [[18], [18, 4, 8, 5, 16], [18, 2, 8, 0x85]])
      t.throws(() => codec.decodeClient(Buffer.from(cut), true), { code: 'BAD_FRAME' });
  },
);
