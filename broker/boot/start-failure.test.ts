import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { connectBus } from '../nats/bus.js';
import { startFailureMessage } from './start-failure.js';

const faultOf = async (act: () => unknown): Promise<unknown> => {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to fail');
};

const listening = (port: number, host: string): Promise<ReturnType<typeof createServer>> => {
  const server = createServer();
  return new Promise((resolve, reject) => server.on('error', reject).listen(port, host, () => resolve(server)));
};

t.test('a file in the place of the data folder is named, with a remedy for folders and not for ports', async (t) => {
  const message = startFailureMessage(await faultOf(() => mkdirSync(fileURLToPath(import.meta.url))));
  t.match(message, /^EEXIST.*start-failure.*another folder$/);
  t.notMatch(message, 'port');
  const denied = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: 'EACCES', path: '/x' });
  t.match(startFailureMessage(denied), /'\/x'.*another folder$/);
});

t.test('a port in use and an address of another machine are named, each with its remedy', async (t) => {
  const server = await listening(0, '127.0.0.1');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  t.match(startFailureMessage(await faultOf(() => listening(port, '127.0.0.1'))), /EADDRINUSE.*another port$/);
  t.match(startFailureMessage(await faultOf(() => listening(0, '192.0.2.1'))), /EADDRNOTAVAIL.*another address$/);
});

t.test('an external NATS that does not answer is named by its address', async (t) => {
  const server = await listening(0, '127.0.0.1');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const error = await faultOf(() => connectBus({ servers: [`nats://127.0.0.1:${port}`], name: 'x' }));
  t.match(startFailureMessage(error), new RegExp(`^NATS at nats://127.0.0.1:${port} cannot be used: `));
});

t.test('a fault of the program keeps its stack', async (t) => {
  t.equal(startFailureMessage(new TypeError('x is not a function')), undefined);
});
