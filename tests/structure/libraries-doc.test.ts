import t from 'tap';
import { readText } from './source-tree.js';

const manifest = JSON.parse(readText('package.json')) as Record<string, Record<string, string>>;
const libraries = { ...manifest.dependencies, ...manifest.devDependencies };

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
