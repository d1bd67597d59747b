import fc from 'fast-check';
import t from 'tap';
import { TurnShare } from '../../../proto/async/shared-turns.js';
import { parseJson } from './parse-json.js';

const parse = (text: string, bounds = {}): Promise<unknown> => parseJson(Buffer.from(text), bounds);
/** Long enough to be parsed element by element. */
const long = (text: string): string => `${' '.repeat(200 * 1024)}${text}`;

t.test('a long array says the same as JSON.parse, whatever is in it', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue({ maxDepth: 5 })), fc.boolean(), async (value, isSpaced) => {
      const text = JSON.stringify(value, undefined, isSpaced ? 2 : 0);
      t.same(await parse(long(text)), JSON.parse(text));
    }),
    { numRuns: 200 },
  );
});

t.test('a long text that is no JSON is refused', async (t) => {
  const broken = [
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1}',
    '[{]}',
    '["a',
    '["\\"]',
    '[1]]',
    '[1] 2',
    '[1],',
    '[01]',
    '[1 2]',
  ];
  for (const text of broken)
    await t.rejects(parse(long(text)), { code: 'BAD_JSON', message: 'the text is not JSON' }, text);
  await t.rejects(parseJson(Buffer.concat([Buffer.from(long('["')), Buffer.from([0xc3, 0x28]), Buffer.from('"]')])), {
    code: 'NOT_UTF8',
  });
});

t.test('elements and levels are counted before anything is made of them', async (t) => {
  const elements = (count: number): string => long(`[${Array.from({ length: count }, () => '{}').join(',')}]`);
  t.equal(((await parse(elements(100), { elementsMax: 100 })) as unknown[]).length, 100);
  await t.rejects(parse(elements(101), { elementsMax: 100 }), { code: 'TOO_LARGE', message: /at most 100 elements/ });
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  for (const around of [(text: string) => text, long]) {
    t.ok(await parse(around(nested(64))));
    await t.rejects(parse(around(nested(65))), { code: 'TOO_LARGE', message: /64 levels/ });
  }
  t.same(await parse(long(`["${'['.repeat(100)}"]`)), ['['.repeat(100)], 'brackets in strings are no levels');
  t.same(await parse(long('[ \n]')), []);
  await t.rejects(parse(long('{}'), { singleBytesMax: 100 }), { code: 'TOO_LARGE' });
});

t.test(
  'texts that come together are parsed in several turns of the event loop, each as long as one may be',
  async (t) => {
    const text = JSON.stringify(Array.from({ length: 1_000 }, (_none, i) => ({ id: `e${i}`, name: 'x'.repeat(80) })));
    const bounds = { elementsMax: 10_000, share: new TurnShare() };
    let isParsed = false;
    const all = Promise.all(Array.from({ length: 64 }, () => parse(text, bounds))).then(() => {
      isParsed = true;
    });
    let turns = 0;
    for (; !isParsed; turns++) await new Promise(setImmediate);
    await all;
    t.ok(turns > 2, `${turns} turns`);
  },
);

t.test(
  'white space and escaped quotes without end are looked through in several turns of the event loop',
  async (t) => {
    const megabytes = 8 * 1024 * 1024;
    const spaces = ' '.repeat(megabytes);
    const texts: Record<string, string> = {
      'before a list': `${spaces}[]`,
      'in a list': `[${spaces}]`,
      'behind a list': `[0]${spaces}`,
      'escaped quotes': `["${'\\"'.repeat(megabytes / 2)}"]`,
      backslashes: `["${'\\'.repeat(megabytes)}"]`,
    };
    for (const [what, text] of Object.entries(texts)) {
      let isParsed = false;
      const parsed = parse(text).then(() => {
        isParsed = true;
      });
      let turns = 0;
      for (; !isParsed; turns++) await new Promise(setImmediate);
      await parsed;
      t.ok(turns >= 8, `${what}: ${turns} turns`);
    }
  },
);
