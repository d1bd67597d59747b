import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../../exit-codes.js';

const FILE = 'lawful-start.json';
const SECRET_BYTES = 24;

/** Secrets of a founding that is not finished; afterwards nobody needs them. */
export interface Founding {
  code: string;
  operatorToken: string;
}

/**
 * Secrets with which a folder is being founded, kept there until the founding is finished; undefined afterwards. Throws
 * UsageError for a folder that holds something else.
 */
export async function foundingOf(dataDir: string): Promise<Founding | undefined> {
  await mkdir(dataDir, { recursive: true });
  const kept = await readKept(dataDir);
  if (kept) return kept.founding;
  const others = (await readdir(dataDir)).filter((name) => !name.startsWith(FILE));
  if (others.length > 0) {
    throw new UsageError(
      `the folder ${dataDir} holds something else: --lawful would register the bus in it. Give a fresh folder with --data or SLUICE_DATA`,
    );
  }
  const random = (): string => randomBytes(SECRET_BYTES).toString('base64url');
  const founding = { code: random(), operatorToken: random() };
  await keep(dataDir, { founding });
  return founding;
}

/** From now on the folder is founded: its secrets are gone. */
export const noteFounded = (dataDir: string): Promise<void> => keep(dataDir, {});

async function readKept(dataDir: string): Promise<{ founding?: Founding } | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, FILE), 'utf8')) as { founding?: Founding };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: a start can be killed at any moment. */
async function keep(dataDir: string, what: { founding?: Founding }): Promise<void> {
  const path = join(dataDir, FILE);
  await writeFile(`${path}.new`, `${JSON.stringify(what)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}
