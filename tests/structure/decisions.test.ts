import t from 'tap';
import { projectFiles, readSourceTree, readText } from './source-tree.js';
import { comments } from './syntax-tree.js';

const LIST = 'docs/decisions/README.md';
const decisions = projectFiles(/^docs\/decisions\/[^/]+\.md$/).filter((path) => path !== LIST);
/** The list of all decisions explains nothing by one of them. */
const documents = projectFiles(/\.md$/).filter((path) => path !== 'CHANGELOG.md' && path !== LIST);

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

/** `# 16. Workers are brokers` of the file `0016-workers-are-brokers.md`, as its line of the list. */
function lineOf(path: string): string {
  const [name = ''] = path.split('/').slice(-1);
  const [, number = '', title = ''] = /^# (\d+)\. (.+)$/m.exec(readText(path)) ?? [];
  return `- [${number}](${name}) ${title}`;
}

t.test('the list of decisions has each of them once, under its title', async (t) => {
  const listed = readText(LIST)
    .split('\n')
    .filter((line) => line.startsWith('- ['));
  t.strictSame(listed.sort(), decisions.map(lineOf).sort());
});

/** A comment names a decision by its number alone, a document by a link that says `decision 11`. */
const OTHER_FORM = {
  code: /docs\/decisions\/\d{4}-/,
  document: /\[\d+\]\([^)]*\d{4}-[\w-]+\.md\)|(?<!\[)\bdecision \d|(?<!\]\([./\w-]*)docs\/decisions\/\d{4}/,
};

t.test('every decision is named in one form', async (t) => {
  const suspects = readSourceTree().filter(({ text }) => OTHER_FORM.code.test(text));
  const inComments = suspects.flatMap((file) =>
    comments(file)
      .filter(({ text }) => OTHER_FORM.code.test(text))
      .map(({ line }) => `${file.path}:${line}`),
  );
  const inDocuments = documents.filter((path) => OTHER_FORM.document.test(readText(path)));
  t.strictSame([...inComments, ...inDocuments], []);
});
