import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, seen from the compiled test. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Folders that hold nothing written by hand. Every other folder counts; those whose name starts with a dot do not. */
const EXCLUDED = new Set(['node_modules', 'dist']);
const SOURCE = /\.(?:tsx?|mjs|js)$/;

export interface SourceFile {
  /** Relative to the project, with slashes: `broker/nats/bus.ts`. */
  path: string;
  text: string;
  lines: number;
  /** Files of ours that it imports, types included; same form as `path`. */
  imports: string[];
  isTest: boolean;
}

/** Every TypeScript and JavaScript file of the project. */
export function readSourceTree(): SourceFile[] {
  return projectFiles(SOURCE).map(readSource);
}

/** Paths of the files whose name matches, relative to the project. */
export function projectFiles(name: RegExp): string[] {
  return filesBelow(projectRoot)
    .map((file) => relative(projectRoot, file).replaceAll('\\', '/'))
    .filter((path) => name.test(path));
}

export function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** The folder that a path lies in; empty for a file straight in the project. */
export const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/');

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return entry.name.startsWith('.') || EXCLUDED.has(entry.name) ? [] : filesBelow(path);
  });
}

function readSource(path: string): SourceFile {
  const text = readText(path);
  return {
    path,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: importsOf(path, text),
    isTest: /\.(?:test|soak)\.tsx?$/.test(path) || path.startsWith('tests/'),
  };
}

/** `from '…'`, `import '…'` and `import('…')` of relative paths. */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)['"](\.{1,2}\/[^'"]+)['"]/g;

/** Only `.ts` files are imported under another name, that of what they become. What is already built does not count. */
function importsOf(path: string, text: string): string[] {
  const found = [...text.matchAll(IMPORT)].map(([, target]) => {
    const file = posix.join(posix.dirname(path), target as string);
    return /\.tsx?$/.test(path) ? file.replace(/\.js(x?)$/, '.ts$1') : file;
  });
  return [...new Set(found)].filter((file) => !EXCLUDED.has(file.split('/')[0] ?? ''));
}
