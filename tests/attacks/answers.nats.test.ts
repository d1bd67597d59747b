import t, { type Test } from 'tap';
import { startBroker } from '../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { eventually } from '../support/condition.js';
import { call, mustCall } from '../support/raw-client/raw-http.js';
import { head, RawSocket } from '../support/raw-client/raw-socket.js';

const CONNECTIONS = 20;
/** An answer on its way to the kernel counts too, for a moment: refusals in a row are of answers that stay. */
const REFUSED_IN_A_ROW = 10;
/** An answer has 2 of the 16 MiB that a system may leave unread. */
const HELD_MIN = 4;
const WAIT_MS = 30_000;
/** More answers than the kernel takes for a client that does not read. */
const ASKED_UNREAD = 40;
const LARGE = 'y'.repeat(250_000);
const QUARANTINE = `/v1/quarantine?entry=${ENTRY}&limit=1000`;

const broker = await startBroker(t);
await broker.apply(REFUSAL_BUNDLE);
const source = { url: broker.url, token: TOKENS.source };
const reader = { url: broker.url, token: TOKENS.reader };

const event = (id: string, more: object = {}): object => ({
  specversion: '1.0',
  id,
  type: ENTRY,
  op: 'create',
  data: { id, district: 'd1', ...more },
});
const publish = (...events: object[]) =>
  mustCall(source, 'POST', '/v1/events', JSON.stringify(events), 'application/cloudevents-batch+json');

/**
 * Asks for full pages of the quarantine until further ones are refused, and takes none of them. Each connection has one answer in service and
 * asks again and again, since the kernel takes the first ones for a client that does not read, and others are refused.
 */
async function leaveUnread(t: Test): Promise<RawSocket[]> {
  const asked = head(`GET ${QUARANTINE}`, { authorization: `Bearer ${TOKENS.source}` });
  const deaf = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawSocket.open(t, broker.url)));
  for (const { socket } of deaf) socket.pause();
  let refusals = 0;
  const isRefused = async (): Promise<boolean> => {
    for (const socket of deaf) socket.write(asked);
    const { status, json } = await call(source, 'GET', QUARANTINE);
    refusals = status === 429 && (json as { code: string }).code === 'TOO_MANY' ? refusals + 1 : 0;
    return refusals === REFUSED_IN_A_ROW;
  };
  await eventually(isRefused, 'further lists to be refused', WAIT_MS);
  return deaf;
}

t.test('lists that nobody takes are bounded, and keep no other caller from theirs', async (t) => {
  for (let i = 0; i < 9; i++) await publish(event(`wrong-${i}`, { unknown: LARGE }));
  const isKept = async (): Promise<boolean> => {
    const { json } = await mustCall(source, 'GET', QUARANTINE);
    const { events, more } = json as { events: unknown[]; more: boolean };
    return events.length >= 7 && more;
  };
  await eventually(isKept, 'a page of the quarantine to be full', WAIT_MS);
  const deaf = await leaveUnread(t);
  t.equal((await call(reader, 'GET', '/v1/grants')).status, 200, 'another system');
  t.equal((await call(source, 'GET', '/v1/whoami')).status, 200, 'a small answer');
  t.equal((await publish(event('good'))).status, 200, 'an event');
  for (const { socket } of deaf) socket.destroy();
  const isServed = async (): Promise<boolean> => (await call(source, 'GET', QUARANTINE)).status === 200;
  await eventually(isServed, 'the list to be served again', WAIT_MS);
});

t.test('a client that takes no answers and asks on is left waiting, and the broker serves others', async (t) => {
  const { socket } = await RawSocket.open(t, broker.url);
  socket.pause();
  // The server gets this head in two pieces and stops reading within the second.
  const inPieces = head('GET /docs/json', { 'x-padding': 'y'.repeat(4_500) });
  for (let i = 0; i < ASKED_UNREAD && !socket.destroyed; i++) {
    socket.write(inPieces);
    socket.write(head('GET /docs/json'));
    await call(reader, 'GET', '/v1/whoami');
  }
  t.equal((await call(reader, 'GET', '/v1/whoami')).status, 200, 'another client');
});

t.test('a page whose reader leaves before it is made gives back what it has reserved', async (t) => {
  await publish(...Array.from({ length: 40 }, (_, i) => event(`large-${i}`, { name: LARGE.slice(0, 100_000) })));
  const page = '/v1/grants/g-shops/events?from=earliest&limit=10000';
  const asked = head(`GET ${page}`, { authorization: `Bearer ${TOKENS.reader}` });
  for (let i = 0; i < 50; i++) {
    const socket = await RawSocket.open(t, broker.url);
    socket.write(asked);
    socket.socket.resetAndDestroy();
  }
  const isServed = async (): Promise<boolean> => (await call(reader, 'GET', page)).status === 200;
  await eventually(isServed, 'a page to be served', WAIT_MS);
});

t.test('lists that are being taken end when their token is withdrawn', async (t) => {
  const slow = await leaveUnread(t);
  await mustCall({ url: broker.url, token: broker.operatorToken }, 'POST', '/v1/systems/registry-db/renew-token');
  // A socket that is not read shows nothing: a write fails once the broker has closed the connection.
  const isClosed = (socket: RawSocket): boolean => {
    if (!socket.socket.destroyed) socket.write('\r\n');
    return socket.socket.destroyed;
  };
  await eventually(
    () => slow.filter(isClosed).length >= HELD_MIN,
    'the connections of unread lists to be closed',
    WAIT_MS,
  );
});
