import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { BodyBudget, readBody } from './read-body.js';

const bounds = (bytesMax: number, budget = 1_000_000) => ({ bytesMax, budget: new BodyBudget(budget) });

t.test('a body sent byte by byte takes the memory of its bytes, not of its pieces', async (t) => {
  const pieces = function* () {
    for (let i = 0; i < 200_000; i++) yield Buffer.from('x');
  };
  global.gc?.();
  const bytes = await readBody(Readable.from(pieces()), bounds(200_000));
  t.equal(bytes.length, 200_000);
  t.ok(bytes.buffer.byteLength <= 200_000, 'in one buffer');
});

t.test('a body beyond the bytes of its route is refused as soon as it is beyond them', async (t) => {
  let sent = 0;
  const endless = function* () {
    for (;;) {
      sent += 1000;
      yield Buffer.alloc(1000);
    }
  };
  await t.rejects(readBody(Readable.from(endless()), bounds(10_000)), { code: 'TOO_LARGE', message: /10000 bytes/ });
  t.ok(sent < 50_000);
});

t.test('bodies are bounded together, and what was read is given back', async (t) => {
  const budget = new BodyBudget(10_000);
  const held = new PassThrough();
  const first = readBody(held, { bytesMax: 8000, budget });
  held.write(Buffer.alloc(7000));
  await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(readBody(Readable.from([Buffer.alloc(5000)]), { bytesMax: 8000, budget }), { code: 'TOO_MANY' });
  held.end();
  t.equal((await first).length, 7000);
  t.equal((await readBody(Readable.from([Buffer.alloc(8000)]), { bytesMax: 8000, budget })).length, 8000);
});

t.test('a body that comes too slowly, or breaks off, is refused', async (t) => {
  const slow = new PassThrough();
  const reading = readBody(slow, { ...bounds(10_000), graceMs: 1 });
  slow.write('x');
  await t.rejects(reading, { code: 'REQUEST_TIMEOUT' });
  const broken = new PassThrough();
  const other = readBody(broken, bounds(10_000));
  broken.destroy(new Error('aborted'));
  await t.rejects(other, { code: 'BAD_REQUEST', message: /broke off/ });
});
