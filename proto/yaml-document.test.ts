import t from 'tap';
import { YamlDepthError, yamlDocument } from './yaml-document.js';

const nested = (levels: number): Record<string, string> => ({
  flow: '['.repeat(levels) + ']'.repeat(levels),
  maps: Array.from({ length: levels }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
  lists: `${'- '.repeat(levels)}x`,
  mixed: `${'[{a: '.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`,
});

t.test('a document has so many levels of maps and lists and no more, in every notation', async (t) => {
  for (const [notation, text] of Object.entries(nested(16))) t.same(yamlDocument(text, 16).errors, [], notation);
  for (const [notation, text] of Object.entries(nested(20))) {
    t.throws(() => yamlDocument(text, 16), YamlDepthError, notation);
  }
  t.same(yamlDocument('a: "[[[["\nb: [1, 2]\nc: [3]', 2).errors, [], 'brackets in a string are none');
});

t.test('levels without an end are found before the text behind them is looked at', async (t) => {
  for (const piece of ['[', '{', '- ', '? ', 'a: ', '[{', '{a: [']) {
    t.throws(() => yamlDocument(piece.repeat(100_000), 128), YamlDepthError, piece);
  }
});

t.test('an error names its line and column, and holds no piece of the text', async (t) => {
  const messages = (text: string): string[] => yamlDocument(text, 8).errors.map(({ message }) => message);
  t.same(messages('secret: 1\nsecret: 2'), ['Map keys must be unique at line 2, column 1']);
  t.match(messages('a: 1\n---\nsecret: 2'), [/^there is more than one document at line \d+, column \d+$/]);
});
