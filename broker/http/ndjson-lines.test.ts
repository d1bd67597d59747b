import t from 'tap';
import { ndjsonLines } from './ndjson-lines.js';

async function linesOf(chunks: string[], lineBytesMax = 100): Promise<[number, string | undefined][]> {
  const found: [number, string | undefined][] = [];
  async function* body(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  for await (const lines of ndjsonLines(body(), lineBytesMax)) {
    for (const { number, bytes } of lines) found.push([number, bytes && Buffer.from(bytes).toString()]);
  }
  return found;
}

t.test('lines come whole wherever the chunks are cut', async (t) => {
  const text = 'first\nsecond line\n\n  \nlast';
  const whole = await linesOf([text]);
  t.same(
    whole.filter(([, line]) => line?.trim()),
    [
      [1, 'first'],
      [2, 'second line'],
      [5, 'last'],
    ],
  );
  for (let cut = 1; cut < text.length; cut++) {
    t.same(await linesOf([text.slice(0, cut), text.slice(cut)]), whole, `cut at ${cut}`);
  }
  t.same(await linesOf([...text]), whole, 'byte by byte');
});

t.test('blank lines are counted and left out, with CRLF too', async (t) => {
  t.same(await linesOf(['a\r\n\r\n\nb\n']), [
    [1, 'a\r'],
    [4, 'b'],
  ]);
});

t.test('a line beyond the limit has no bytes, and the one after it is found', async (t) => {
  t.same(await linesOf(['x'.repeat(60), 'x'.repeat(60), '\nok\n']), [
    [1, undefined],
    [2, 'ok'],
  ]);
});
