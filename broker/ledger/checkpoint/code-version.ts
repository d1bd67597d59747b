import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that the running program was built into. */
const BUILT = fileURLToPath(new URL('../../..', import.meta.url));
/** The code that folds records, and what it is made of. */
const FOLDERS = ['broker', 'proto'];

let digest: string | undefined;

/**
 * Digest of the running code. State that other code has folded may differ in its form or its meaning, and a version number
 * is the same in every build between two releases. Reads several hundred files, once in a process: the code that runs does
 * not change when its files do.
 */
export function codeVersion(): string {
  digest ??= digestOfCode();
  return digest;
}

function digestOfCode(): string {
  const hash = createHash('sha256');
  for (const folder of FOLDERS) {
    const names = readdirSync(join(BUILT, folder), { recursive: true }) as string[];
    for (const name of names.filter((one) => one.endsWith('.js') && !one.endsWith('.test.js')).sort()) {
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(BUILT, folder, name)));
    }
  }
  return hash.digest('hex');
}
