import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import t from 'tap';
import { folderOf, projectFiles, projectRoot, readText } from './source-tree.js';

/** A source file in backticks, with its folder or by its name alone. Names with a placeholder (`<name>`) are patterns. */
const FILE = /`((?:[\w.-]+\/)*[\w-][\w.-]*\.(?:ts|mjs))`/g;
/** A folder in backticks. */
const FOLDER = /`((?:[\w-][\w.-]*\/)+)`/g;

/** The history of the project names files that are gone. */
const documents = projectFiles(/\.md$/).filter((path) => path !== 'CHANGELOG.md');
const names = new Set(projectFiles(/\.(?:ts|mjs)$/).map((path) => posix.basename(path)));

/** Whether a path exists, seen from the folder of the document or from one above it. */
function exists(folder: string, path: string): boolean {
  if (existsSync(join(projectRoot, folder, path))) return true;
  return folder !== '' && exists(folderOf(folder), path);
}

const named = (document: string, pattern: RegExp): string[] =>
  [...readText(document).matchAll(pattern)].map(([, path]) => path as string);

t.test('every source file that a document names exists', async (t) => {
  const missing = documents.flatMap((document) =>
    named(document, FILE)
      .filter((path) => (path.includes('/') ? !exists(folderOf(document), path) : !names.has(path)))
      .map((path) => `${document}: ${path}`),
  );
  t.strictSame(missing, []);
});

t.test('every folder that a README.md or a page of the root names exists', async (t) => {
  const pages = documents.filter((path) => posix.basename(path) === 'README.md' || !path.includes('/'));
  t.ok(pages.length > 100, 'and the test has seen them');
  const missing = pages.flatMap((page) =>
    named(page, FOLDER)
      .filter((path) => !exists(folderOf(page), path))
      .map((path) => `${page}: ${path}`),
  );
  t.strictSame(missing, []);
});

t.test('every command of package.json stands in CONTRIBUTING.md', async (t) => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const text = readText('CONTRIBUTING.md');
  const shown = (name: string): boolean => new RegExp(`\\bnpm (?:run )?${name}(?![\\w-])`).test(text);
  t.strictSame(
    Object.keys(scripts).filter((name) => name !== 'postinstall' && !shown(name)),
    [],
  );
});

/** A command in backticks or a block that runs tests, soaks or a bench by name; a name in capitals or angles stands for any. */
const COMMAND = /npm (test|run soak|run bench) -- ([a-z][\w./-]*(?: [a-z][\w./-]*)*)/g;
const ENDINGS: Record<string, string> = { test: '.test.ts', 'run soak': '.soak.ts' };

t.test('every test, soak and bench that a document runs by name exists', async (t) => {
  const paths = projectFiles(/\.ts$/);
  const runs = (verb: string, name: string): boolean => {
    const ending = ENDINGS[verb];
    return ending === undefined
      ? paths.includes(`bench/${name}.ts`)
      : paths.some((path) => path.endsWith(ending) && path.includes(name));
  };
  const missing = documents.flatMap((document) =>
    [...readText(document).matchAll(COMMAND)].flatMap(([, verb, names]) =>
      (names as string)
        .split(' ')
        .filter((name) => !runs(verb as string, name))
        .map((name) => `${document}: npm ${verb} -- ${name}`),
    ),
  );
  t.strictSame(missing, []);
});
