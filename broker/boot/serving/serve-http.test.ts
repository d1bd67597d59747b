import { createServer } from 'node:http';
import type { FastifyInstance, FastifyListenOptions } from 'fastify';
import t from 'tap';
import { listen } from './serve-http.js';

t.test('the kernel is asked to hold the connections of thousands that reconnect at once', async (t) => {
  const server = createServer();
  let backlog: number | undefined;
  const app = {
    server,
    listen: async (options: FastifyListenOptions) => {
      backlog = options.backlog;
      await new Promise<void>((resolve) => server.listen(options, resolve));
    },
  } as unknown as FastifyInstance;
  t.teardown(() => server.close());
  await listen(app, { host: '127.0.0.1', port: 0, tls: { cert: undefined, key: undefined, clientCa: undefined } });
  t.ok((backlog ?? 0) >= 5000, `${backlog} connections`);
});
