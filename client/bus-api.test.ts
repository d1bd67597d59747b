import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { BusApi } from './bus-api.js';
import { ConnectionLostError, ProtocolError } from './errors.js';

t.test('an answer that stalls, breaks off or is no JSON is an error of the connection or the protocol', async (t) => {
  const server = createServer(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    if (url === '/html') response.end(`<html>${' '.repeat(94)}`);
    else response.write('{"half":');
    if (url === '/broken') setImmediate(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const api = new BusApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  await t.rejects(api.json('/stalled', { timeoutMs: 300 }), ConnectionLostError);
  await t.rejects(api.text('/stalled', { timeoutMs: 300 }), /did not answer \/stalled within 0\.3 s/);
  await t.rejects(api.json('/broken'), ConnectionLostError);
  await t.rejects(api.json('/html'), ProtocolError);
});
