import t from 'tap';
import { retiredInName, retiredInProse, retiredWords } from './retired-words.js';
import { projectFiles, readSourceTree, readText, type SourceFile } from './source-tree.js';
import { comments, nameOf, strings, syntaxTree, walkTree } from './syntax-tree.js';

const retired = retiredWords();
const sources = readSourceTree();
/** The history of the project keeps its words, and the table must name what it retires. */
const documents = projectFiles(/\.md$/).filter((path) => path !== 'CHANGELOG.md' && path !== 'ARCHITECTURE.md');

/** Names of stored fields, which ARCHITECTURE.md lists above its table. */
const storedNames = /these stored ones: ([^.]+)\./.exec(readText('ARCHITECTURE.md'))?.[1]?.match(/\w+/g) ?? [];

/** Names that are fixed because others use them: on the wire, in settings, on the command line, in the
 * sample catalog. The documents and examples list them. */
const fixedNames = new Set([
  ...storedNames,
  ...projectFiles(/^docs\/[^/]+\.md$|^examples\/.*\.yaml$/)
    .flatMap((path) => [...readText(path).matchAll(/\w+/g)])
    .map(([name]) => name)
    .filter((name) => /[A-Z_]/.test(name.slice(1))),
]);

/** Names that a file declares or uses; a name of a library counts only where it becomes one of ours. */
function names(file: SourceFile): Set<string> {
  const found = new Set<string>();
  for (const [node, parent] of walkTree(syntaxTree(file))) {
    if (node.type !== 'Identifier' && node.type !== 'PrivateName') continue;
    const isForeign = parent?.type === 'MemberExpression' && parent.property === node && !parent.computed;
    if (!isForeign || node.type === 'PrivateName') found.add(nameOf(node) ?? '');
  }
  return found;
}

t.test('the table of retired words in ARCHITECTURE.md is read', async (t) => {
  t.ok(retired.length > 20);
  t.equal(retiredInName('goesAgainAfter', [{ words: ['goes', 'again'], inNamesOnly: false }]), 'goes again');
  t.strictSame(retiredInProse('It goes again.', [{ words: ['goes', 'again'], inNamesOnly: false }]), ['goes again']);
  const sample = [{ words: ['sweep'], inNamesOnly: false }];
  t.strictSame(retiredInProse('GET /v1/sweep?late=true', sample), [], 'an address is no prose');
  t.strictSame(retiredInProse('a sweep at /v1/sweep', sample), ['sweep']);
});

t.test('no name in the code holds a retired word', async (t) => {
  const wrong = sources.flatMap((file) =>
    [...names(file)]
      .filter((name) => !fixedNames.has(name) && retiredInName(name, retired))
      .map((name) => `${file.path}: ${name}`),
  );
  t.strictSame(wrong, []);
});

t.test('no name of a file or folder holds a retired word', async (t) => {
  t.strictSame(
    projectFiles(/./).filter((path) => retiredInName(path.replace(/\.\w+$/, ''), retired)),
    [],
  );
});

t.test('no comment and no string in the code holds a retired word', async (t) => {
  const own = new Set(['tests/structure/words.test.ts']);
  const wrong = sources
    .filter((file) => !own.has(file.path))
    .flatMap((file) =>
      [...comments(file), ...strings(file)].flatMap(({ line, text }) =>
        retiredInProse(text, retired).map((phrase) => `${file.path}:${line} ${phrase}`),
      ),
    );
  t.strictSame(wrong, []);
});

t.test('no document holds a retired word', async (t) => {
  const wrong = documents.flatMap((path) =>
    readText(path)
      .split('\n')
      .flatMap((line, index) => retiredInProse(line, retired).map((phrase) => `${path}:${index + 1} ${phrase}`)),
  );
  t.strictSame(wrong, []);
});

/** A number in parentheses, or a section by its number, of a document that is not named: a reader cannot look it up. */
const NAMELESS_SECTION = /\((?:machine )?\d\.\d{1,2}(?:, \d\.\d{1,2})*\)|(?<!RFC \d+, )\bsection \d/;

t.test('no comment and no README.md refers to a section of a document that it does not name', async (t) => {
  t.match('Disputes (4.6).', NAMELESS_SECTION);
  t.match('the entry of section 9', NAMELESS_SECTION);
  t.notMatch('as a ping (RFC 6455, section 5.5.2)', NAMELESS_SECTION);
  const inComments = sources.flatMap((file) =>
    comments(file)
      .filter(({ text }) => NAMELESS_SECTION.test(text.replace(/\s+/g, ' ')))
      .map(({ line }) => `${file.path}:${line}`),
  );
  const inPages = documents.filter((path) => path.endsWith('README.md') && NAMELESS_SECTION.test(readText(path)));
  t.strictSame([...inComments, ...inPages], []);
});
