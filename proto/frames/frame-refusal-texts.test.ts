import t from 'tap';
import { codecFor } from './frame-codec.js';

const refusalOf = (protocol: Parameters<typeof codecFor>[0], message: Uint8Array): string => {
  try {
    codecFor(protocol).decodeClient(message, protocol !== 'sluice.v1.json');
    return 'was taken';
  } catch (error) {
    return (error as Error).message;
  }
};

const REFUSALS: [frame: object, message: string][] = [
  [{ kind: 'ack', channel: 1 }, 'ack: position is missing'],
  [{ kind: 'ack', channel: '1', position: 1 }, 'ack: channel must be a whole number'],
  [{ kind: 'ack', channel: 1, position: -1 }, 'ack: position must be >= 0'],
  [{ kind: 'subscribe', ref: '', grant: 'g' }, 'subscribe: ref must not be empty'],
  [{ kind: 'subscribe', ref: 'r'.repeat(129), grant: 'g' }, 'subscribe: ref must have at most 128 characters'],
  [{ kind: 'subscribe', ref: 'r', grant: 'g', narrow: null }, 'subscribe: narrow must be an object'],
  [{ kind: 'publish', ref: 'r', events: [] }, 'publish: events must not be empty'],
  [{ kind: 'publish', ref: 'r', events: {} }, 'publish: events must be a list'],
  ...['middle', { after: -1 }, { after: 1.5 }, { time: 7 }, 5].map((from): [object, string] => [
    { kind: 'subscribe', ref: 'r', grant: 'g', from },
    'subscribe: from must be cursor, earliest, latest, {after, log} or {time}',
  ]),
];

t.test('a frame of the wrong shape is refused with the field and what it must be', async (t) => {
  for (const [frame, message] of REFUSALS)
    t.equal(refusalOf('sluice.v1.json', Buffer.from(JSON.stringify(frame))), message);
});

t.test('bytes that are not a frame are refused with the reason', async (t) => {
  t.match(refusalOf('sluice.v1.msgpack', Buffer.from([0xc1])), /the byte c1 is not used/);
  t.match(refusalOf('sluice.v1.msgpack', Buffer.from([0xc4, 0x00])), /binary values/);
  t.match(refusalOf('sluice.v1.protobuf', Buffer.from([0x0a, 0x7f])), /no complete message of type Frame/);
  t.match(refusalOf('sluice.v1.protobuf', Buffer.alloc(0)), /no known case/);
  const subscribe = { kind: 'subscribe', ref: 'r', grant: 'g', narrow: { a: { is: 1 } } } as const;
  const bytes = Buffer.from(codecFor('sluice.v1.protobuf').encode(subscribe) as Uint8Array);
  bytes[bytes.indexOf('{')] = 0x20;
  t.match(refusalOf('sluice.v1.protobuf', bytes), /narrow is not JSON/);
});
