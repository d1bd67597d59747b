import { head } from '../../support/raw-client/raw-socket.js';
import { GRANTS, TOKENS } from './flood-bundle.js';

/** A kernel takes about as much at once. */
const WRITE_BYTES = 64 * 1024;
const HEAD_BYTES = 15_000;
const EVENTS_PER_FRAME = 1_000;
/** Fewer than the library allows in one message. */
const FRAGMENTS = 4_000;
/** Below the number of requests that may wait on a connection. */
const PIPELINED = 16;
const SUBSCRIPTIONS = 200;

/** Which connections a flood opens, what each sends, and how often. */
export interface FloodKind {
  name: string;
  /** Without it the connections are plain HTTP. */
  protocol?: 'sluice.v1.json' | 'sluice.v1.protobuf';
  /** The bytes that connection `i` sends: again and again as fast as it is taken, or after each answer, or once. */
  bytes(i: number): Buffer;
  repeats: 'endless' | 'answered' | 'once';
  /** Does not take what it is sent. */
  isDeaf?: boolean;
  /** Connections that it has at most. */
  connectionsMax?: number;
  /** The log is large before it begins. */
  readsLog?: boolean;
}

export const FLOOD_KINDS: readonly FloodKind[] = [
  session('pings', repeated(frame(0x89))),
  session('pings that are deaf to pongs', repeated(frame(0x89)), { isDeaf: true }),
  session('pongs', repeated(frame(0x8a))),
  session('long pongs', repeated(frame(0x8a, Buffer.alloc(125)))),
  session('fragments', Buffer.concat([frame(0x01), ...fragments(), frame(0x80, text(ack(1)))])),
  session('fragments without an end', Buffer.concat([frame(0x01), ...fragments()])),
  session('empty frames', repeated(frame(0x81))),
  session('empty frames of protobuf', repeated(frame(0x82)), { protocol: 'sluice.v1.protobuf' }),
  session('acks of unknown channels', repeated(jsonFrame(ack(7)))),
  session('publish frames of {}', jsonFrame({ ...publish(), events: Array(EVENTS_PER_FRAME).fill({}) })),
  session('publish frames of one {}', repeated(jsonFrame({ ...publish(), events: [{}] }))),
  session('subscribe frames', repeated(jsonFrame(subscribe('n'))), { isDeaf: false }),
  session('subscribe frames of no grant', repeated(jsonFrame({ ...subscribe('n'), grant: 'g-none' }))),
  {
    name: 'sessions that subscribe and go',
    protocol: 'sluice.v1.json',
    repeats: 'answered',
    bytes: (i) => Buffer.concat([jsonFrame(subscribe(`c${i}`)), frame(0x88, Buffer.from([0x03, 0xe8]))]),
  },
  {
    name: 'openings',
    protocol: 'sluice.v1.json',
    repeats: 'once',
    connectionsMax: 150,
    bytes: (i) => Buffer.concat(Array.from({ length: SUBSCRIPTIONS }, (_, k) => jsonFrame(subscribe(`c${i}-${k}`)))),
  },
  {
    name: 'own views, deaf',
    protocol: 'sluice.v1.json',
    repeats: 'once',
    isDeaf: true,
    readsLog: true,
    bytes: (i) =>
      jsonFrame({
        ...subscribe(`v${i}`),
        from: 'earliest',
        credit: 100_000,
        narrow: { district: { notIn: [`x${i}`] } },
      }),
  },
  requests('GET /v1/clock', {}),
  requests('GET /v1/catalog', {}),
  requests('GET /v1/catalog', { 'if-none-match': filled('"0123456789abcdef", ') }, 'If-None-Match'),
  requests('GET /v1/catalog', { range: `bytes=${filled('0-0,')}0-0` }, 'Range'),
  requests('GET /v1/catalog', { cookie: filled('a=b; ') }, 'Cookie'),
  requests('GET /v1/catalog', { accept: filled('text/html;q=0.1, ') }, 'Accept'),
  requests(`GET /v1/catalog/${filled('%61')}`, {}, 'percent-encoded path'),
  requests(`GET /v1/catalog?q=${filled('%E6%B0%91')}`, {}, 'percent-encoded query'),
  requests('GET /healthz', Object.fromEntries(Array.from({ length: 190 }, (_, i) => [`x${i}`, 'y'])), 'many lines'),
];

function session(name: string, bytes: Buffer, more: Partial<FloodKind> = {}): FloodKind {
  return { name, protocol: 'sluice.v1.json', repeats: 'endless', bytes: () => bytes, ...more };
}

function requests(line: string, headers: Record<string, string>, name = line): FloodKind {
  const request = head(line, { authorization: `Bearer ${TOKENS.attacker}`, ...headers });
  const bytes = Buffer.from(request.repeat(request.length < 1000 ? PIPELINED : 4));
  return { name, repeats: 'answered', bytes: () => bytes };
}

function subscribe(cursor: string): object {
  return { kind: 'subscribe', ref: 'r', grant: GRANTS.records, cursor };
}

function ack(channel: number): object {
  return { kind: 'ack', channel, position: 1 };
}

function publish(): object {
  return { kind: 'publish', ref: 'p' };
}

function text(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function jsonFrame(value: object): Buffer {
  return frame(0x81, text(value));
}

/** A frame of a client, whose mask of zeros leaves the payload as it is. */
function frame(first: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const { length } = payload;
  const short = Buffer.from([first, 0x80 | Math.min(length, 126)]);
  const long = Buffer.alloc(length < 126 ? 0 : 2);
  if (length >= 126) long.writeUInt16BE(length);
  return Buffer.concat([short, long, Buffer.alloc(4), payload]);
}

function fragments(): Buffer[] {
  return Array(FRAGMENTS).fill(frame(0x00));
}

function repeated(bytes: Buffer): Buffer {
  return Buffer.concat(Array(Math.ceil(WRITE_BYTES / bytes.length)).fill(bytes));
}

function filled(piece: string): string {
  return piece.repeat(Math.floor(HEAD_BYTES / piece.length));
}
