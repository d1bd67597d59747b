import type { RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { TurnShare } from '../../../proto/async/shared-turns.js';
import { createBrokerServer } from './http-server.js';
import { refuseUnreadable } from './refused-requests.js';

const share = new TurnShare();
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** All that a server answers to bytes that begin with a request and go on with none. */
async function answerTo(t: Test, bytes: string, serve: RequestListener): Promise<string> {
  const tls = { cert: undefined, key: undefined, clientCa: undefined };
  const { server } = createBrokerServer(serve, { tls, maxConnections: 10, stalledMs: 10_000, shareOf: () => share });
  server.on('clientError', refuseUnreadable);
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write(bytes);
  return text(socket).catch(() => '');
}

const problems = (answer: string): number => answer.split('HTTP/1.1 400').length - 1;

t.test('bytes that are no request are refused with a problem, also behind an answer that is complete', async (t) => {
  t.equal(problems(await answerTo(t, 'nonsense\r\n\r\n', () => undefined)), 1);
  const answered = await answerTo(t, REQUEST, (request, response) => {
    response.end('done', () => request.socket.emit('data', Buffer.from('nonsense\r\n\r\n')));
  });
  t.match(answered, /^HTTP\/1\.1 200[\s\S]*done/);
  t.equal(problems(answered), 1);
});

t.test('amid an answer nothing is written that a client would take for its rest', async (t) => {
  const answered = await answerTo(t, `${REQUEST}nonsense\r\n\r\n`, (_request, response) => response.write('part'));
  t.match(answered, /^(?:HTTP\/1\.1 200[\s\S]*part[\s\S]*)?$/);
  t.equal(problems(answered), 0);
});
