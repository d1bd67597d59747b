import t from 'tap';
import { ndjsonLines } from './ndjson-lines.js';

async function linesOf(chunks: (string | Buffer)[], lineBytesMax = 100): Promise<[number, string | undefined][]> {
  const found: [number, string | undefined][] = [];
  async function* body(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  for await (const lines of ndjsonLines(body(), lineBytesMax)) {
    for (const { number, text, flaw } of lines) found.push([number, text ?? flaw]);
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

t.test('a line beyond the limit has no text, and the one after it is found', async (t) => {
  t.same(await linesOf(['x'.repeat(60), 'x'.repeat(60), '\nok\n']), [
    [1, 'too long'],
    [2, 'ok'],
  ]);
});

t.test('a line that is not UTF-8 spoils no other, wherever the chunks are cut', async (t) => {
  const bytes = Buffer.concat([Buffer.from('é\n'), Buffer.from([0xc3, 0x0a]), Buffer.from('\ufefföäü\nend\n')]);
  const expected = [
    [1, 'é'],
    [2, 'not UTF-8'],
    [3, 'öäü'],
    [4, 'end'],
  ];
  for (let cut = 1; cut < bytes.length; cut++) {
    t.same(await linesOf([bytes.subarray(0, cut), bytes.subarray(cut)]), expected, `cut at ${cut}`);
  }
  t.same(await linesOf([Buffer.concat([Buffer.from('first\n'), bytes])]), [
    [1, 'first'],
    ...expected.map(([number, line]) => [Number(number) + 1, line]),
  ]);
});
