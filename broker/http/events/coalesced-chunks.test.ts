import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { untilAborted } from '../server/until-aborted.js';
import { coalescedChunks } from './coalesced-chunks.js';

t.test('what comes while the reader is busy is merged, nothing is lost, and the stream waits', async (t) => {
  const text = 'abcdefghij'.repeat(20_000);
  let sent = 0;
  const pieces = function* () {
    for (const character of text) {
      sent++;
      yield Buffer.from(character);
    }
  };
  let chunks = 0;
  let read = '';
  for await (const chunk of coalescedChunks(Readable.from(pieces(), { objectMode: false, highWaterMark: 1024 }))) {
    chunks++;
    read += chunk.toString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (chunks === 1) t.ok(sent < text.length, `${sent} bytes were taken before the reader read on`);
  }
  t.ok(read === text, 'the same bytes');
  t.ok(chunks < 100, `${chunks} chunks`);
});

t.test('a request that breaks off ends the reading with an error, after what came before', async (t) => {
  const body = new PassThrough();
  const chunks = coalescedChunks(body);
  body.write('a');
  t.equal((await chunks.next()).value?.toString(), 'a');
  const next = chunks.next();
  body.destroy(new Error('aborted'));
  await t.rejects(next);
});

t.test('what a reader leaves is thrown away, so that the connection can take another request', async (t) => {
  const body = new PassThrough();
  const chunks = untilAborted(coalescedChunks(body), new AbortController().signal);
  body.write('first');
  for await (const chunk of chunks) {
    t.equal(chunk.toString(), 'first');
    break;
  }
  const ended = once(body, 'end');
  body.end(Buffer.alloc(1024 * 1024));
  await ended;
});
