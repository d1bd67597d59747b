import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { temporaryFolder } from '../nats/nats.js';

/** The compiled file lies in dist/tests/support/broker. */
const DIST = join(import.meta.dirname, '..', '..', '..');
const PROGRAM_FOLDERS = ['broker', 'proto', 'client'];

/** One change of the compiled broker: a string that occurs once in a file, and what stands there instead. */
export interface Mutation {
  /** Relative to `dist`. */
  file: string;
  from: string;
  to: string;
}

/** A copy of the built broker with a fault in it, of one change or several; resolves with the path of its `main.js`. */
export async function brokerCopy(t: Test, ...mutations: readonly Mutation[]): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const name of PROGRAM_FOLDERS) {
    const filter = (path: string): boolean => !/\.test\.js|\.map$/.test(path);
    await cp(join(DIST, name), join(folder, 'dist', name), { recursive: true, filter });
  }
  await symlink(join(DIST, '..', 'node_modules'), join(folder, 'node_modules'));
  await symlink(join(DIST, '..', '.cache'), join(folder, '.cache'));
  await cp(join(DIST, '..', 'package.json'), join(folder, 'package.json'));
  for (const mutation of mutations) await mutate(join(folder, 'dist', mutation.file), mutation);
  return join(folder, 'dist', 'broker', 'main.js');
}

async function mutate(path: string, { file, from, to }: Mutation): Promise<void> {
  const parts = (await readFile(path, 'utf8')).split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times ${from}`);
  await writeFile(path, parts.join(to));
}
