import t from 'tap';
import { MACHINES } from '../../broker/procedure/all-machines.js';
import { readSourceTree, readText } from './source-tree.js';
import { nameOf, type SyntaxNode, syntaxTree, walkTree } from './syntax-tree.js';

const ARTICLES = 44;
const page = readText('docs/regulation.md');
const [covered = '', missing = ''] = page.split('## Not in this version');

/** Articles of the rows `| R1, R2 | … |`, with their last cell. */
const rowsOf = (text: string): { articles: string[]; last: string }[] =>
  [...text.matchAll(/^\| (R\d+(?:, R\d+)*) .*\| ([^|]+) \|$/gm)].map(([, articles, last]) => ({
    articles: (articles as string).split(', '),
    last: (last as string).trim(),
  }));

/** First arguments of all calls of `test` in tests, as far as they are plain strings. */
function namesOfTests(): Set<string> {
  const names = new Set<string>();
  for (const file of readSourceTree().filter(({ isTest }) => isTest)) {
    for (const [node] of walkTree(syntaxTree(file))) {
      if (node.type !== 'CallExpression') continue;
      const callee = node.callee as SyntaxNode;
      const [first] = node.arguments as SyntaxNode[];
      if (nameOf(callee.property) === 'test' && first?.type === 'StringLiteral') names.add(first.value as string);
    }
  }
  return names;
}

t.test('every test that docs/regulation.md names exists under that name', async (t) => {
  const rows = rowsOf(covered);
  t.ok(rows.length > 20);
  const known = namesOfTests();
  const named = rows.flatMap(({ last }) => last.split(' · '));
  t.strictSame(
    [...new Set(named)].filter((name) => !known.has(name)),
    [],
  );
});

t.test('docs/regulation.md accounts for every article', async (t) => {
  const [, silent = ''] = /^Articles ([\d, and]+) ask nothing of software/m.exec(missing) ?? [];
  const accounted = [
    ...[...rowsOf(covered), ...rowsOf(missing)].flatMap(({ articles }) => articles),
    ...[...silent.matchAll(/\d+/g)].map(([number]) => `R${number}`),
  ];
  const all = Array.from({ length: ARTICLES }, (_, index) => `R${index + 1}`);
  t.strictSame(
    all.filter((article) => !accounted.includes(article)),
    [],
  );
});

t.test('every article that an act of a running machine names is covered in docs/regulation.md', async (t) => {
  // The outcomes of disputes stand in the tables of applications and cases already.
  const articles = [...rowsOf(covered).flatMap((row) => row.articles), 'R28'];
  const named = [...MACHINES.values()]
    .filter(({ available }) => available)
    .flatMap(({ transitions }) => transitions.filter(({ isLater }) => !isLater).map(({ article }) => article));
  const acts = [...new Set(named)].filter((article) => article !== undefined);
  t.strictSame(
    acts.filter((article) => !articles.includes(article as string)),
    [],
  );
});
