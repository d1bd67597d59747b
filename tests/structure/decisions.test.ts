import t from 'tap';
import { projectFiles, readSourceTree, readText } from './source-tree.js';

const decisions = projectFiles(/^docs\/decisions\/[^/]+\.md$/);
const documents = projectFiles(/\.md$/).filter((path) => path !== 'CHANGELOG.md');

/** Where the number of a decision stands: in a comment as `docs/decisions/0011`, in a document as a link. */
const references = [
  ...readSourceTree().map((file) => ({ path: file.path, text: file.text })),
  ...documents.map((path) => ({ path, text: readText(path) })),
];

t.test('every decision is linked from the code or from a document', async (t) => {
  t.ok(decisions.length > 10);
  const lonely = decisions.filter((path) => {
    const [name = ''] = path.split('/').slice(-1);
    const number = name.slice(0, 4);
    const mention = new RegExp(`decisions/${number}|\\]\\(${number}-`);
    return !references.some((file) => file.path !== path && mention.test(file.text));
  });
  t.strictSame(lonely, []);
});

t.test('every decision that is named exists', async (t) => {
  const numbers = new Set(decisions.map((path) => path.split('/').at(-1)?.slice(0, 4)));
  const dangling = references.flatMap(({ path, text }) =>
    [...text.matchAll(/docs\/decisions\/(\d{4})/g)]
      .filter(([, number]) => !numbers.has(number))
      .map(([mention]) => `${path}: ${mention}`),
  );
  t.strictSame(dangling, []);
});

t.test('no two decisions have one number', async (t) => {
  const numbers = decisions.map((path) => path.split('/').at(-1)?.slice(0, 4));
  t.strictSame(
    numbers.filter((number, at) => numbers.indexOf(number) !== at),
    [],
  );
});
