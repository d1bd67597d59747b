import { fstatSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { BodyFile } from './body-file.js';
import { BodyBudget, readBody } from './read-body.js';

const bounds = (bytesMax: number, budget = 1_000_000) => ({ bytesMax, budget: new BodyBudget(budget) });

t.test('a body sent byte by byte takes the memory of its bytes, not of its pieces', async (t) => {
  const pieces = function* () {
    for (let i = 0; i < 200_000; i++) yield Buffer.from('x');
  };
  global.gc?.();
  const content = (await readBody(Readable.from(pieces()), bounds(200_000))).take();
  t.equal((content as Buffer).length, 200_000);
  t.ok((content as Buffer).buffer.byteLength <= 200_000, 'in one buffer');
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
  const { length, release } = await first.then((body) => ({ length: body.length, release: () => body.release() }));
  t.equal(length, 7000);
  const next = () => readBody(Readable.from([Buffer.alloc(8000)]), { bytesMax: 8000, budget });
  await t.rejects(next(), { code: 'TOO_MANY' }, 'its values take memory until it is answered');
  release();
  release();
  t.equal((await next()).length, 8000);
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

t.test('a large body goes to a file, which counts in a budget of its own', async (t) => {
  const [budget, files] = [new BodyBudget(10_000), new BodyBudget(100_000)];
  const file = { aboveBytes: 1_000, budget: files };
  const text = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
  const pieces = function* () {
    for (let at = 0; at < text.length; at += 777) yield text.subarray(at, at + 777);
  };
  const read = () => readBody(Readable.from(pieces()), { bytesMax: 60_000, budget, file });
  const held = await read();
  const content = held.take();
  t.ok(content instanceof BodyFile);
  t.ok((await (content as BodyFile).read()).equals(text), 'with all of its bytes in their order');
  t.equal((await readBody(Readable.from([Buffer.alloc(900)]), { bytesMax: 60_000, budget, file })).length, 900);
  const other = await read();
  await t.rejects(read(), { code: 'TOO_MANY' });
  held.release();
  other.release();
  const small = { ...file, aboveBytes: 10 };
  await t.rejects(readBody(Readable.from(pieces()), { bytesMax: 40_000, budget, file: small }), { code: 'TOO_LARGE' });
  t.equal((await read()).length, text.length, 'and a refused one is given back');
});

t.test('the descriptor of a body stays its own while a thread reads it, though the client has gone', async (t) => {
  const file = await BodyFile.open();
  await file.add(Buffer.from('the body of one client'));
  let finish = (): void => {};
  const used = file.use(async ({ descriptor, bytes }) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return [fstatSync(descriptor).size, bytes];
  });
  await file.close();
  const other = await BodyFile.open();
  await other.add(Buffer.from('the body of another one, which is longer'));
  finish();
  t.same(await used, [22, 22]);
  await t.rejects(file.read(), { code: 'BAD_REQUEST' });
  await other.close();
});
