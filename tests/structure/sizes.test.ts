import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf, projectRoot, readSourceTree, type SourceFile } from './source-tree.js';
import { childrenOf, linesOf, nameOf, type SyntaxNode, syntaxTree, walkTree } from './syntax-tree.js';

const FILE_LINES_MAX = 400;
const MEDIAN_LINES_MAX = 120;
const FUNCTION_LINES_MAX = 50;
const FOLDER_FILES_MAX = 16;

const files = readSourceTree();
const code = files.filter((file) => !file.isTest);

t.test(`no file is longer than ${FILE_LINES_MAX} lines, and most are short`, async (t) => {
  t.strictSame(
    files.filter((file) => file.lines > FILE_LINES_MAX).map((file) => `${file.path}: ${file.lines}`),
    [],
  );
  const sorted = code.map((file) => file.lines).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] as number;
  t.ok(median <= MEDIAN_LINES_MAX, `the median is ${median} lines`);
});

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const METHODS = new Set(['ClassMethod', 'ClassPrivateMethod', 'ObjectMethod']);

/** `path:line name: lines` of every function that is too long. The body of a test is a story, not a function. */
function longFunctions(file: SourceFile): string[] {
  const found: string[] = [];
  for (const [node, parent] of walkTree(syntaxTree(file))) {
    if (!FUNCTIONS.has(node.type) && !METHODS.has(node.type)) continue;
    if (isTestBody(parent) || ownLines(node) <= FUNCTION_LINES_MAX) continue;
    const name = nameOf(node.id) ?? nameOf(node.key) ?? nameOf(parent?.id) ?? nameOf(parent?.key) ?? 'a function';
    found.push(`${file.path}:${node.loc?.start.line} ${name}: ${ownLines(node)}`);
  }
  return found;
}

/** A function that is handed to `t.test`, or to a function of the same name. */
function isTestBody(parent: SyntaxNode | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false;
  const callee = parent.callee as SyntaxNode;
  return nameOf(callee.type === 'MemberExpression' ? callee.property : callee) === 'test';
}

/** Lines of a function without the tests that it declares: a suite is as long as its stories. */
function ownLines(node: SyntaxNode): number {
  let lines = linesOf(node);
  const visit = (inner: SyntaxNode): void => {
    for (const [child, parent] of childrenOf(inner)) {
      if (isTestBody(parent)) lines -= linesOf(child) - 1;
      else visit(child);
    }
  };
  visit(node);
  return lines;
}

t.test(`no function is longer than ${FUNCTION_LINES_MAX} lines`, async (t) => {
  t.strictSame(files.flatMap(longFunctions), []);
});

/** Folder → its source files, tests not counted. */
function sourceFolders(): Map<string, SourceFile[]> {
  const folders = new Map<string, SourceFile[]>();
  for (const file of files) {
    if (/\.(?:test|soak)\.tsx?$/.test(file.path)) continue;
    const folder = folderOf(file.path);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return folders;
}

/** `path:line` of every literal that is spread into one of its kind, which packs several members into a line. */
function packedLiterals(file: SourceFile): string[] {
  const kinds = new Set(['ObjectExpression', 'ArrayExpression']);
  return [...walkTree(syntaxTree(file))].flatMap(([node, parent]) => {
    const spread = node.type === 'SpreadElement' ? (node.argument as SyntaxNode) : undefined;
    const isPacked = spread && spread.type === parent?.type && kinds.has(spread.type);
    return isPacked ? [`${file.path}:${node.loc?.start.line}`] : [];
  });
}

t.test('every member of a literal is written in it', async (t) => {
  t.strictSame(files.filter(({ path }) => path.endsWith('.ts')).flatMap(packedLiterals), []);
});

t.test(`no folder has more than ${FOLDER_FILES_MAX} source files`, async (t) => {
  t.strictSame(
    [...sourceFolders()]
      .filter(([, inside]) => inside.length > FOLDER_FILES_MAX)
      .map(([folder, inside]) => `${folder}: ${inside.length}`),
    [],
  );
});

t.test('every folder with source files has a README.md that says what it is for', async (t) => {
  const folders = new Set(files.map((file) => folderOf(file.path)));
  t.strictSame([...folders].filter((folder) => !existsSync(join(projectRoot, folder, 'README.md'))).sort(), []);
});

t.test('a file is named after what is in it', async (t) => {
  const vague = /(?:^|\/)(?:index|utils?|helpers?|common|misc|types)\.(?:tsx?|mjs|js)$/;
  t.strictSame(
    files.filter((file) => vague.test(file.path) || /[A-Z]/.test(file.path)).map((file) => file.path),
    [],
  );
});
