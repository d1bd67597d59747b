import { request } from 'node:http';
import WebSocket from 'ws';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import { RAW_FRAMES } from '../../support/raw-client/raw-frames.js';
import { call } from '../../support/raw-client/raw-http.js';
import { record } from './flood-bundle.js';

const PULSE_MS = 10;
const REJECTED = 350;
/** So slow that they last until their right is ended. */
const REDRIVE_MS = 80;

/** A stream under one right. `lastMs` is when the last byte of it arrived, on the monotonic clock. */
export interface WatchedStream {
  lastMs(): number;
  /** Deliveries so far: messages, chunks or answers. */
  count(): number;
  stop(): void;
}

/** The right of one system under one grant. */
export interface Right {
  url: string;
  token: string;
  grant: string;
}

class Seen {
  #lastMs = 0;
  #count = 0;
  readonly now = (): void => {
    this.#lastMs = performance.now();
    this.#count++;
  };
  stream(stop: () => void): WatchedStream {
    return { stop, lastMs: () => this.#lastMs, count: () => this.#count };
  }
}

export const STREAMS = {
  redrives,
  'WebSocket, JSON': (right: Right) => session(right, 'sluice.v1.json'),
  'WebSocket, msgpack': (right: Right) => session(right, 'sluice.v1.msgpack'),
  'WebSocket, protobuf': (right: Right) => session(right, 'sluice.v1.protobuf'),
  'WebSocket, deflated': (right: Right) => session(right, 'sluice.v1.json', true),
  'server-sent events': serverSentEvents,
  pages,
};

async function session(
  { url, token, grant }: Right,
  encoding: Subprotocol,
  isDeflated = false,
): Promise<WatchedStream> {
  const seen = new Seen();
  const codec = RAW_FRAMES[encoding];
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/stream`, [encoding], {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: isDeflated && { serverNoContextTakeover: true, clientNoContextTakeover: true },
  });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('message', resolve));
  // A session goes on without the grant; its heartbeats are under no right.
  socket.on('message', (message: Buffer) => codec.decode(message).kind !== 'heartbeat' && seen.now());
  socket.send(codec.encode({ kind: 'subscribe', ref: 's', grant, from: 'latest', credit: 100_000 }));
  return seen.stream(() => socket.terminate());
}

async function serverSentEvents({ url, token, grant }: Right): Promise<WatchedStream> {
  const seen = new Seen();
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const out = request(`${url}/v1/grants/${grant}/events?from=latest`, { headers });
  out.on('error', () => undefined);
  out.on('response', (answer) => answer.on('data', seen.now).on('error', () => undefined));
  out.end();
  return seen.stream(() => out.destroy());
}

/** Asks again and again; what is refused does not count. */
function asking(ask: () => Promise<number>, everyMs = PULSE_MS): WatchedStream {
  const seen = new Seen();
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      if ((await ask().catch(() => 0)) === 200) seen.now();
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  void loop();
  return seen.stream(() => {
    isOver = true;
  });
}

async function pages(right: Right): Promise<WatchedStream> {
  return asking(async () => {
    const { status, text } = await call(right, 'GET', `/v1/grants/${right.grant}/events?from=earliest&limit=50`);
    return text.includes('"data"') ? status : 0;
  });
}

async function redrives(right: Right): Promise<WatchedStream> {
  const { text } = await call(right, 'GET', `/v1/grants/${right.grant}/events?from=earliest&limit=${REJECTED}`);
  const lines = text.trim().split('\n').slice(0, -1);
  const positions = lines.map((line) => (JSON.parse(line) as { position: number }).position);
  const socket = new WebSocket(`${right.url.replace(/^http/, 'ws')}/v1/stream`, ['sluice.v1.json'], {
    headers: { authorization: `Bearer ${right.token}` },
  });
  socket.on('error', () => undefined);
  const left = new Set(positions);
  await new Promise<void>((resolve) => {
    socket.on('message', (message: Buffer) => {
      const frame = JSON.parse(message.toString()) as {
        kind: string;
        channel: number;
        events?: { position: number }[];
      };
      const send = (value: object): void => socket.send(JSON.stringify(value));
      if (frame.kind === 'welcome')
        send({ kind: 'subscribe', ref: 's', grant: right.grant, from: 'earliest', credit: 100_000 });
      for (const { position } of frame.events ?? []) {
        if (!left.delete(position)) continue;
        send({ kind: 'reject', channel: frame.channel, position, reason: 'a test' });
      }
      if (left.size === 0) resolve();
    });
  });
  const path = `/v1/grants/${right.grant}/dead-letters`;
  while (JSON.parse((await call(right, 'GET', path)).text).length < positions.length);
  socket.terminate();
  let next = 0;
  const redrive = async (): Promise<number> =>
    (await call(right, 'POST', `${path}/${positions[next++]}/redrive`)).status;
  return asking(redrive, REDRIVE_MS);
}

/** An upload whose lines come every few milliseconds; its results are what is watched. */
export function upload({ url, token }: Omit<Right, 'grant'>, type: string): WatchedStream {
  const seen = new Seen();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' };
  const out = request(`${url}/v1/events`, { method: 'POST', headers });
  out.on('error', () => undefined);
  out.on('response', (answer) => answer.on('data', seen.now).on('error', () => undefined));
  let lines = 0;
  const timer = setInterval(() => {
    if (!out.destroyed) out.write(`${JSON.stringify(record(type, `u${lines++}`, 'x'))}\n`);
  }, PULSE_MS);
  return seen.stream(() => {
    clearInterval(timer);
    out.destroy();
  });
}
