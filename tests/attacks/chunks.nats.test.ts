import t from 'tap';
import { applyBundle } from '../support/broker/broker.js';
import { spawnBroker } from '../support/broker/broker-process.js';
import { REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { eventually } from '../support/condition.js';
import { temporaryFolder } from '../support/nats/nats.js';
import { call } from '../support/raw-client/raw-http.js';
import { head, RawSocket } from '../support/raw-client/raw-socket.js';
import { Witness } from '../support/witness.js';

const CONNECTIONS = 100;
/** Six bytes each on the wire: as much as one read of a connection. */
const CHUNKS = 11_000;
const TAKEN_MS = 60_000;
/** On a quiet machine a witness waits for some 30 ms; without a pace of reading it waited for over a second. */
const HOLD_MS_MAX = 1_000;

t.test('bodies in chunks of one byte hold nobody else, with a credential and without one', async (t) => {
  const broker = await spawnBroker(t, await temporaryFolder(t));
  await applyBundle(broker.url, REFUSAL_BUNDLE);
  const chunks = '1\r\n \r\n'.repeat(CHUNKS);
  const bodies: Record<string, Record<string, string>> = {
    'an upload of lines': { authorization: `Bearer ${TOKENS.source}`, 'content-type': 'application/x-ndjson' },
    'nobody known': { 'content-type': 'application/json' },
  };
  for (const [what, headers] of Object.entries(bodies)) {
    const witness = new Witness(broker.url);
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawSocket.open(t, broker.url)));
    for (const socket of sockets) {
      socket.write(head('POST /v1/events', { ...headers, 'transfer-encoding': 'chunked' }));
      socket.write(chunks);
    }
    const isSent = ({ socket }: RawSocket): boolean => socket.destroyed || socket.writableLength === 0;
    await eventually(() => sockets.every(isSent), `the chunks of ${what} to be taken`, TAKEN_MS);
    for (const { socket } of sockets) socket.destroy();
    const slowestMs = await witness.stop();
    t.ok(slowestMs < HOLD_MS_MAX, `${what}: the witness waited ${Math.round(slowestMs)} ms`);
  }
  const event = { specversion: '1.0', id: 'e', type: 'county-registry.shop', op: 'create', data: { id: 's1' } };
  const source = { url: broker.url, token: TOKENS.source };
  t.equal((await call(source, 'POST', '/v1/events', JSON.stringify(event))).status, 201);
});
