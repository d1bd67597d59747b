import t from 'tap';
import { startBroker } from '../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { eventually } from '../support/condition.js';
import { call } from '../support/raw-client/raw-http.js';
import { head, RawSocket } from '../support/raw-client/raw-socket.js';

/** Just below the longest line. */
const HELD_BYTES = 500 * 1024;
/** Together some 30 MiB, of which 24 are allowed. */
const UPLOADS = 60;

const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const event = (id: string, name: string): string =>
  `${JSON.stringify({ specversion: '1.0', id, type: ENTRY, op: 'create', data: { id, name } })}\n`;

t.test('lines that uploads begin and do not end are dropped for those of others', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const upload = async (): Promise<RawSocket> => {
    const socket = await RawSocket.open(t, broker.url);
    const headers = { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' };
    socket.write(head('POST /v1/events', { ...headers, authorization: `Bearer ${TOKENS.source}` }));
    return socket;
  };
  const held: RawSocket[] = [];
  for (let i = 0; i < UPLOADS; i++) {
    const socket = await upload();
    socket.write(chunk(event(`e${i}`, 'first')));
    await socket.until(/"position"/);
    socket.write(chunk('x'.repeat(HELD_BYTES)));
    held.push(socket);
  }
  const honest = await upload();
  const large = event('large', 'n'.repeat(200_000));
  honest.write(chunk(large.slice(0, 150_000)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  honest.write(`${chunk(large.slice(150_000))}0\r\n\r\n`);
  t.match(await honest.until(/\n0\r\n/), /\{"id":"large","position":\d+\}/, 'an honest upload is served meanwhile');

  const [oldest] = held as [RawSocket];
  oldest.write(chunk(`"}\n${event('behind', 'not taken')}`));
  const answer = await oldest.until(/TOO_MANY/);
  t.match(answer, /"code":"TOO_MANY".*"line":2/);
  oldest.write('0\r\n\r\n');
  await oldest.until(/\n0\r\n/);
  t.notMatch(oldest.received, /behind/, 'nothing that follows the line is stored');
  const newest = held.at(-1) as RawSocket;
  newest.write(chunk('\n'));
  t.match(await newest.until(/BAD_JSON/), /"line":2/, 'a line that was not dropped is judged as ever');
  for (const { socket } of held) socket.destroy();
  const source = { url: broker.url, token: TOKENS.source };
  await eventually(
    async () => (await call(source, 'POST', '/v1/events', event('again', 'served'))).status === 201,
    'the source to be served',
    10_000,
  );
});
