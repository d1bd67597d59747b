import { builtinModules } from 'node:module';
import t from 'tap';
import { readSourceTree, readText } from './source-tree.js';

const manifest = JSON.parse(readText('package.json')) as Record<string, Record<string, string>>;
const libraries = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies };

t.test('decision 0001 has a line for every library', async (t) => {
  const rows = readText('docs/decisions/0001-libraries.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|')[1] as string);
  const listed = rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string));
  t.strictSame(listed.sort(), Object.keys(libraries).sort());
});

t.test('every library is pinned to an exact version', async (t) => {
  t.strictSame(
    Object.entries(libraries).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)),
    [],
  );
});

t.test('all platforms have the same Node, and the tests run on it', async (t) => {
  const versions = Object.entries(manifest.optionalDependencies ?? {}).filter(([name]) => name.startsWith('node-'));
  t.equal(new Set(versions.map(([, version]) => version)).size, 1);
  const pinned = Object.fromEntries(versions)[`node-${process.platform}-${process.arch}`];
  t.equal(process.version, pinned ? `v${pinned}` : process.version);
});

/** The package of `@scope/name/file`; relative paths and modules of Node have none. */
function packageOf(specifier: string): string | undefined {
  if (/^(?:\.|node:)/.test(specifier) || builtinModules.includes(specifier)) return undefined;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

t.test(
  'every library that a file imports is one of package.json, and none that another library brings along',
  async (t) => {
    const imported = readSourceTree().flatMap(({ path, text }) =>
      [...text.matchAll(/^(?:import|export|\}).* from '([^'\n]+)';$/gm)].map(([, name]) => [
        path,
        packageOf(name as string),
      ]),
    );
    t.ok(imported.length > 1_000, 'the imports are found');
    t.same(
      imported.filter(([, name]) => name !== undefined && !Object.hasOwn(libraries, name)),
      [],
    );
  },
);
