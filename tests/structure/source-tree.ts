import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, seen from the compiled test. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const SOURCE_FOLDERS = ['proto', 'client', 'broker', 'connectors', 'benefits', 'cli', 'dashboard', 'bench', 'tests'];
const BUILT = new Set(['node_modules', 'dist']);

export interface SourceFile {
  /** Relative to the project, with slashes: `broker/nats/bus.ts`. */
  path: string;
  text: string;
  lines: number;
  /** Files of ours that it imports, types included; same form as `path`. */
  imports: string[];
  isTest: boolean;
}

/** Every TypeScript file of the project. */
export function readSourceTree(): SourceFile[] {
  return SOURCE_FOLDERS.flatMap((folder) => typeScriptFiles(join(projectRoot, folder))).map(readSource);
}

export function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

function typeScriptFiles(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return BUILT.has(entry.name) ? [] : typeScriptFiles(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** A folder of the plan that does not exist yet has no files. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readSource(file: string): SourceFile {
  const path = relative(projectRoot, file).replaceAll('\\', '/');
  const text = readFileSync(file, 'utf8');
  return {
    path,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: importsOf(path, text),
    isTest: /\.(test|soak)\.tsx?$/.test(path) || path.startsWith('tests/'),
  };
}

/** `from '…'`, `import '…'` and `import('…')` of relative paths. */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)['"](\.{1,2}\/[^'"]+)['"]/g;

function importsOf(path: string, text: string): string[] {
  const found = [...text.matchAll(IMPORT)].map(([, target]) =>
    posix.join(posix.dirname(path), target as string).replace(/\.js(x?)$/, '.ts$1'),
  );
  return [...new Set(found)];
}
