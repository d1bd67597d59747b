import t from 'tap';
import { type InputLine, LineCutter, ndjsonLines } from './ndjson-lines.js';
import { UnfinishedLines } from './unfinished-lines.js';

async function linesOf(chunks: (string | Buffer)[], lineBytesMax = 100): Promise<[number, string | undefined][]> {
  const found: [number, string | undefined][] = [];
  async function* body(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  for await (const lines of ndjsonLines(body(), new LineCutter(lineBytesMax, new UnfinishedLines()))) {
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

t.test('beyond the room of all lines the one that was begun first ends its stream, and others go on', async (t) => {
  const unfinished = new UnfinishedLines(60_000);
  const [first, second, third] = [1, 2, 3].map(() => new LineCutter(100_000, unfinished)) as [
    LineCutter,
    LineCutter,
    LineCutter,
  ];
  const half = Buffer.from('x'.repeat(45_000));
  const push = (cutter: LineCutter, chunk: Buffer): InputLine[] => [...cutter.push(chunk)].flat();
  t.same(push(first, Buffer.concat([Buffer.from('whole\n'), half])), [{ number: 1, text: 'whole' }]);
  t.same([...push(second, half), ...push(third, half)], []);
  t.same(push(first, Buffer.from('x\nnext\n')), [{ number: 2, text: undefined, flaw: 'no room' }]);
  t.same([...push(first, Buffer.from('more\n')), ...first.end()], [], 'nothing behind it is taken');
  t.match(push(second, Buffer.from('\n')), [{ number: 1, text: 'x'.repeat(45_000) }]);
  third.release();
  for (let i = 0; i < 10; i++) {
    const next = new LineCutter(100_000, unfinished);
    t.same(push(next, half), []);
    t.match(next.end(), [{ text: 'x'.repeat(45_000) }], 'lines that are over take no room');
  }
});

t.test('a chunk of many short lines becomes lines as they are taken', async (t) => {
  const chunk = Buffer.from('{}\n'.repeat(20_000));
  for (const input of [chunk, Buffer.concat([Buffer.from([0xc3, 0x0a]), chunk])]) {
    const cutter = new LineCutter(100_000, new UnfinishedLines());
    const parts = [...cutter.push(input)].map((lines) => lines.length);
    t.ok(Math.max(...parts) <= 256, `${Math.max(...parts)} lines at once`);
    t.equal(
      parts.reduce((sum, lines) => sum + lines, 0),
      input.length === chunk.length ? 20_000 : 20_001,
    );
  }
});

t.test('blank lines are cut over several turns of the event loop', async (t) => {
  async function* body() {
    yield Buffer.from('\n'.repeat(64 * 1024));
    yield Buffer.from('{}\n');
  }
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const found: InputLine[] = [];
  for await (const lines of ndjsonLines(body(), new LineCutter(1_000_000, new UnfinishedLines()))) found.push(...lines);
  isOver = true;
  t.same(found, [{ number: 64 * 1024 + 1, text: '{}' }]);
  t.ok(turns >= 3, `${turns} turns`);
});
