import { createServer, get, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { projectFiles, readSourceTree, readText, type SourceFile } from './source-tree.js';
import { nameOf, type SyntaxNode, syntaxTree, walkTree } from './syntax-tree.js';

/** The decision lists each file that uses a member which its library does not document, and what the file does without it. */
const DECISION = 'docs/decisions/0390-members-that-are-no-interface.md';
/** The listeners that a library has put onto its own objects are no interface of it either. */
const LISTENERS = new Set(['listeners', 'removeAllListeners']);

const isInternal = (name: string | undefined): boolean =>
  name !== undefined && (LISTENERS.has(name) || /^_[a-z]/.test(name));

/** Names of members that belong to the inside of a library, as far as their form shows it. */
function internalsOf(file: SourceFile): string[] {
  return [...walkTree(syntaxTree(file))].flatMap(([node]) => {
    if (node.type === 'ObjectPattern') {
      return (node.properties as SyntaxNode[]).map(({ key }) => nameOf(key)).filter(isInternal) as string[];
    }
    if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return [];
    const property = node.property as SyntaxNode;
    const isOwn = property.type === 'PrivateName' || (node.object as SyntaxNode).type === 'Super';
    return !isOwn && isInternal(nameOf(property)) ? [nameOf(property) as string] : [];
  });
}

t.test('every file that uses the inside of a library is listed with the decision', async (t) => {
  t.ok(projectFiles(/^docs\/decisions\//).includes(DECISION));
  const listed = new Set([...readText(DECISION).matchAll(/`([\w./-]+\.ts)`/g)].map(([, path]) => path));
  const using = readSourceTree().filter(
    (file) => !file.isTest && /^(?:proto|client|broker|connectors|benefits|dashboard|cli)\//.test(file.path),
  );
  const unlisted = using.flatMap((file) =>
    listed.has(file.path) || !/\b_[a-z]|listeners/i.test(file.text)
      ? []
      : internalsOf(file).map((name) => `${file.path}: ${name}`),
  );
  t.strictSame(unlisted, []);
});

t.test(
  'the WebSocket library reads frames by a receiver and inflates by an extension, both of the form that is relied on',
  async (t) => {
    const socket = await servedWebSocket(t);
    const {
      _receiver: receiver,
      _extensions: extensions,
      _socket: tcp,
    } = socket as unknown as {
      _socket?: { listenerCount?(event: string): number };
      _receiver?: { write?: unknown; writableEnded?: unknown; listenerCount?(event: string): number };
      _extensions?: Record<string, { decompress?: unknown; cleanup?: unknown } | undefined>;
    };
    t.type(receiver?.write, 'function');
    t.type(receiver?.writableEnded, 'boolean');
    t.equal(receiver?.listenerCount?.('drain'), 1, 'the listener that reads on');
    t.ok(Number(tcp?.listenerCount?.('end')) > 0, 'the listener that ends its half of the connection');
    const inflating = extensions?.['permessage-deflate'];
    t.type(inflating?.decompress, 'function');
    t.type(inflating?.cleanup, 'function');
  },
);

/** The server's side of a session that negotiated compression. */
async function servedWebSocket(t: Test): Promise<WebSocket> {
  const { WebSocket: Client } = await import('ws');
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  await new Promise((resolve) => server.once('listening', resolve));
  const client = new Client(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => client.terminate());
  return new Promise((resolve, reject) => {
    server.once('connection', resolve);
    client.once('error', reject);
  });
}

interface ServedSocket extends Socket {
  parser?: { incoming?: IncomingMessage | null } | null;
  _paused?: boolean;
}

t.test(
  'Node reads a connection of an HTTP server by one listener, and its socket names the request and the pause',
  async (t) => {
    const server = createServer((request, response) => {
      const socket = request.socket as ServedSocket;
      t.equal(socket.parser?.incoming, request);
      t.equal(socket._paused, false);
      response.end();
    });
    t.teardown(() => server.close());
    server.on('connection', (socket: Socket) => t.equal(socket.listenerCount('data'), 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const status = await new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent: false }, ({ statusCode }) => resolve(statusCode)).once('error', reject);
    });
    t.equal(status, 200);
  },
);

t.test('Node begins the handshake of a TLS connection by one listener', async (t) => {
  t.equal(createTlsServer().listenerCount('connection'), 1);
});

t.test('the parser of Node asks the class of requests whether an upgrade is wanted', async (t) => {
  const { BrokerRequest } = await import('../../broker/http/connections/broker-request.js');
  const server = createServer({ IncomingMessage: BrokerRequest as never });
  t.teardown(() => server.close());
  const asked = new Promise<BrokerRequestLike>((resolve) => {
    server.on('request', (request) => resolve(request as unknown as BrokerRequestLike));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n');
  t.equal((await asked).asksForUpgrade, true, 'one to anything but a WebSocket is served as a request');
});

interface BrokerRequestLike {
  asksForUpgrade: boolean | null;
}

t.test('pg has the connection and the parser of arrays that are relied on', async (t) => {
  const { connection } = new pg.Client() as unknown as {
    connection?: { sendCopyFromChunk?: unknown; stream?: unknown };
  };
  t.type(connection?.sendCopyFromChunk, 'function');
  t.ok(connection?.stream);
  const { arrayParser } = pg.types as unknown as {
    arrayParser: { create(text: string, one: (text: string | null) => unknown): { parse(): unknown } };
  };
  t.same(arrayParser.create('{a,NULL}', (one) => one).parse(), ['a', null]);
});
