import { once } from 'node:events';
import { connect } from 'node:net';
import Fastify from 'fastify';
import t from 'tap';
import { addErrorHandler } from './error-handler.js';
import { refuseWhileClosing } from './refuse-while-closing.js';

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: broker\r\n\r\n`;

t.test('a request behind one that is answered while the broker closes is refused with SHUTTING_DOWN', async (t) => {
  const app = Fastify({ return503OnClosing: false });
  addErrorHandler(app, { isLawful: false });
  refuseWhileClosing(app);
  let answer = (): void => undefined;
  const begun = new Promise<void>((begin) => {
    app.get('/long', () => {
      begin();
      return new Promise((resolve) => {
        answer = () => resolve('done');
      });
    });
  });
  app.get('/other', () => 'served');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as { port: number }).port);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  // In one piece: the broker has the beginning of the second when it closes, so the connection is not idle.
  socket.write(request('/long') + request('/other').slice(0, -2));
  await begun;
  const ended = once(socket, 'close');
  const closed = app.close();
  socket.write('\r\n');
  answer();
  await Promise.all([closed, ended]);
  t.match(received, /^HTTP\/1\.1 200 .*HTTP\/1\.1 503 .*connection: close.*"code":"SHUTTING_DOWN"/is);
});
