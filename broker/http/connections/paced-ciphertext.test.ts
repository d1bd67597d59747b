import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { PacedCiphertext } from './paced-ciphertext.js';

const KIB = 1024;

/** Both ends of a connection; `near` is the one that is read in pieces. */
async function connected(t: Test): Promise<{ near: PacedCiphertext; far: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as { port: number }).port, '127.0.0.1');
  far.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  server.close();
  t.teardown(() => far.destroy());
  return { near: new PacedCiphertext(socket), far };
}

t.test('bytes that take long are handed on in pieces, over several turns of the loop, in order', async (t) => {
  const { near, far } = await connected(t);
  const sent = Buffer.from(Array.from({ length: 64 * KIB }, (_none, i) => i % 251));
  const received: Buffer[] = [];
  let inTurn = 0;
  let most = 0;
  near.on('data', (piece: Buffer) => {
    received.push(piece);
    most = Math.max(most, ++inTurn);
    for (const until = performance.now() + 4; performance.now() < until; );
  });
  far.end(sent);
  const ended = once(near, 'end');
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    inTurn = 0;
    await nextTurn();
  }
  t.ok(Buffer.concat(received).equals(sent), 'the same bytes, and then the end');
  t.ok(Math.max(...received.map(({ length }) => length)) <= 4 * KIB, 'in small pieces');
  t.ok(most <= 8, `${most} pieces in one turn`);
  near.destroy();
});

t.test('what is written goes out, and each side notices that the other has gone', async (t) => {
  const { near, far } = await connected(t);
  near.resume();
  near.cork();
  near.write('one ');
  near.write('two');
  near.uncork();
  near.end();
  let received = '';
  for await (const chunk of far) received += chunk;
  t.equal(received, 'one two');
  far.destroy();
  await once(near, 'close');

  const other = await connected(t);
  other.near.resume();
  other.near.on('error', () => undefined);
  const closed = new Promise((resolve) => other.near.on('close', resolve));
  other.far.resetAndDestroy();
  await closed;
  t.ok(other.near.socket.destroyed);
});
