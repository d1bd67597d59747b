import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'demo-operator.token';

/** Token of the operator, made at the first start and kept beside the data for later starts. */
export async function operatorToken(dataDir: string): Promise<{ token: string; path: string }> {
  const path = join(dataDir, FILE);
  try {
    return { token: (await readFile(path, 'utf8')).trim(), path };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const token = randomBytes(24).toString('base64url');
  await mkdir(dataDir, { recursive: true });
  await writeFile(path, `${token}\n`, { mode: 0o600 });
  return { token, path };
}
