import { connect, type Socket } from 'node:net';
import { head } from '../../support/raw-client/raw-socket.js';
import { TOKENS } from './flood-bundle.js';
import { FLOOD_KINDS, type FloodKind } from './flood-kinds.js';

/** Opened at one time, so that the kernel's queue of connections is not what is tested. */
const OPENED_AT_ONCE = 50;
const REOPEN_MS = 20;
/** Head of each answer to a request. */
const ANSWER = 'HTTP/1.1 ';

const [name = '', url = '', first = '0', connections = '0'] = process.argv.slice(2);
const kind = FLOOD_KINDS.find((one) => one.name === name);
if (!kind) throw new Error(`no flood has the name ${name}`);
const { hostname, port } = new URL(url);
let opened = 0;

for (let i = 0; i < Number(connections); i++) {
  setTimeout(() => keepOpen(kind, Number(first) + i), Math.floor(i / OPENED_AT_ONCE) * REOPEN_MS);
}
// Sockets that are not read keep no process alive.
setInterval(() => undefined, 60_000);
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify({ opened })}\n`);
  process.exit();
});

/** Floods through one connection after another. */
function keepOpen(kind: FloodKind, i: number): void {
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  socket.once('close', () => setTimeout(keepOpen, REOPEN_MS, kind, i));
  socket.once('connect', () => {
    opened++;
    if (kind.protocol) upgrade(socket, kind, i);
    else flood(socket, kind, i);
  });
}

function upgrade(socket: Socket, kind: FloodKind, i: number): void {
  socket.write(
    head('GET /v1/stream', {
      connection: 'Upgrade',
      upgrade: 'websocket',
      authorization: `Bearer ${TOKENS.attacker}`,
      'sec-websocket-version': '13',
      'sec-websocket-key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
      'sec-websocket-protocol': kind.protocol as string,
    }),
  );
  socket.once('data', (answer) => {
    if (answer.toString('latin1').startsWith('HTTP/1.1 101')) flood(socket, kind, i);
    else socket.destroy();
  });
}

function flood(socket: Socket, kind: FloodKind, i: number): void {
  const bytes = kind.bytes(i);
  if (kind.isDeaf) socket.pause();
  else if (kind.repeats !== 'answered') socket.on('data', () => undefined);
  else answered(socket, bytes);
  if (kind.repeats === 'endless') writeOn(socket, bytes);
  else socket.write(bytes);
}

function writeOn(socket: Socket, bytes: Buffer): void {
  const more = (): void => {
    if (socket.destroyed) return;
    if (socket.write(bytes)) setImmediate(more);
    else socket.once('drain', more);
  };
  more();
}

/** Asks again when everything that was asked is answered. */
function answered(socket: Socket, bytes: Buffer): void {
  const asked = bytes.toString('latin1').split(' HTTP/1.1\r\n').length - 1;
  let waiting = asked;
  socket.on('data', (chunk: Buffer) => {
    waiting -= chunk.toString('latin1').split(ANSWER).length - 1;
    if (asked === 0 || waiting > 0) return;
    waiting = asked;
    socket.write(bytes);
  });
}
