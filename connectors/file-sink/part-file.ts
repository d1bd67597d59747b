import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { SinkUnfitError } from '../runtime/connector-errors.js';

/**
 * The file that a sink appends to, under a hidden name until it is complete. Another program may write to the same folder: nothing
 * of it is overwritten, and no link in it is followed, which could lead to any file that this process may write.
 */
export class PartFile {
  constructor(private readonly path: string) {}

  /** Creates the file, in place of one that a crash left before its first bytes counted. */
  async create(): Promise<FileHandle> {
    await rm(this.path, { force: true });
    return open(this.path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o666);
  }

  /** Opens the file behind its valid bytes; what a crash left behind them is cut off. Undefined when it is gone. */
  async openAt(bytes: number): Promise<FileHandle | undefined> {
    let file: FileHandle;
    try {
      file = await open(
        this.path,
        constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size < bytes)
        throw new SinkUnfitError(`${this.path} was replaced by another file: put that of the sink back`);
      if (found.size > bytes) await file.truncate(bytes);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Gives the file its final name. Throws SinkUnfitError when another file has it. Repeating it after a crash does no harm. */
  async complete(finalPath: string): Promise<void> {
    try {
      await link(this.path, finalPath);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') await this.#checkSame(finalPath);
      else if (code === undefined || !WITHOUT_LINKS.has(code)) throw error;
      else await this.#renameTo(finalPath);
      if (code !== 'EEXIST') return;
    }
    await unlink(this.path);
  }

  async #checkSame(finalPath: string): Promise<void> {
    const [part, final] = await Promise.all([stat(this.path), lstat(finalPath)]);
    if (part.ino !== final.ino || part.dev !== final.dev) throw takenBy(finalPath);
  }

  async #renameTo(finalPath: string): Promise<void> {
    const isTaken = await lstat(finalPath).then(
      () => true,
      () => false,
    );
    if (isTaken) throw takenBy(finalPath);
    await rename(this.path, finalPath);
  }
}

/** How file systems without hard links refuse one. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

const takenBy = (path: string): SinkUnfitError =>
  new SinkUnfitError(`${path} exists already, and no file is overwritten: move it away, then start the sink again`);
