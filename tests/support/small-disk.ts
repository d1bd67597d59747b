import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { temporaryFolder } from './nats/nats.js';

/** A disk of a few megabytes, which the test can fill and empty as another program would. */
export interface SmallDisk {
  folder: string;
  /** Leaves this many bytes free. */
  fillUpTo(freeBytes: number): void;
  /** Removes what `fillUpTo` has written. */
  empty(): void;
}

/** Whether `smallDisk` can mount here: containers often may not, though they run as root. */
export const mayMount = process.platform === 'linux' && process.getuid?.() === 0 && canMount();

/** Mounts a tmpfs, which is unmounted when the test ends, pass or fail. */
export async function smallDisk(t: Test, megabytes: number): Promise<SmallDisk> {
  const folder = await temporaryFolder(t);
  if (!mount(folder, megabytes)) throw new Error(`no disk could be mounted on ${folder}`);
  t.teardown(() => spawnSync('umount', ['-l', folder]));
  const filler = join(folder, 'filler');
  return {
    folder,
    fillUpTo: (freeBytes) => {
      rmSync(filler, { force: true });
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
      } catch (error) {
        // Somebody else took the last bytes meanwhile: what was to be left is gone.
        if (freeBytes > 0 || (error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    empty: () => rmSync(filler, { force: true }),
  };
}

function mount(folder: string, megabytes: number): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]).status === 0;
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mount-'));
  const mounted = mount(folder, 1);
  if (mounted) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
  return mounted;
}
