import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { EmbeddedDatabase } from '../../../benefits/store/embedded-database.js';
import { projectRoot, readText } from '../../structure/source-tree.js';
import { temporaryFolder } from '../nats/nats.js';

/** Exact, as package.json names it: another version may write other files. */
const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> };
const TEMPLATE = join(projectRoot, '.cache', `embedded-database-${dependencies['@electric-sql/pglite']}`);

/** An empty embedded database of one test: opening one costs a tenth of creating one, which takes seconds of CPU. */
export async function openEmbedded(t: Test): Promise<EmbeddedDatabase> {
  const folder = join(await temporaryFolder(t), 'database');
  await layEmbedded(folder);
  return EmbeddedDatabase.open(folder);
}

/** Copies an empty embedded database to `folder`, if there is none yet. The first call on a machine creates the one that is copied. */
export async function layEmbedded(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await createTemplate();
  await mkdir(dirname(folder), { recursive: true });
  await cp(TEMPLATE, folder, { recursive: true });
}

async function createTemplate(): Promise<void> {
  if (existsSync(TEMPLATE)) return;
  const unfinished = `${TEMPLATE}-${process.pid}`;
  const database = await EmbeddedDatabase.open(unfinished);
  await database[Symbol.asyncDispose]();
  // Another test file may have been faster.
  await rename(unfinished, TEMPLATE).catch(() => rm(unfinished, { recursive: true, force: true }));
}
