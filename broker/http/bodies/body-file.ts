import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceError } from '../../../proto/errors.js';

/** Read and hashed at a time: a tenth of a millisecond. */
const DIGEST_CHUNK_BYTES = 128 * 1024;

/**
 * A file without a name that holds a large body until it is parsed: the bundle of a province has 100 MB and may come
 * slowly, and many unfinished ones would fill the memory of the process. The name is removed as soon as the file is open, so nothing
 * is left behind whatever happens to the broker. Decision: docs/decisions/0105.
 *
 * Invariant: the descriptor stays open while somebody uses it. Its number is given to the next file that is opened, which may be the
 * body of somebody else, and a thread that read on would take that one for its own.
 */
export class BodyFile {
  #bytes = 0;
  #users = 0;
  #isClosed = false;

  private constructor(private readonly handle: FileHandle) {}

  /** In the system's folder for temporary files. Throws STORE_FULL when it cannot be made. */
  static async open(): Promise<BodyFile> {
    const path = join(tmpdir(), `sluice-body-${randomUUID()}`);
    try {
      const handle = await open(path, 'wx+', 0o600);
      await unlink(path);
      return new BodyFile(handle);
    } catch (error) {
      throw noRoom(error);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the chunk is written; the next may be added then. Throws STORE_FULL. */
  async add(chunk: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < chunk.length; ) {
        const { bytesWritten } = await this.handle.write(chunk, written, chunk.length - written);
        written += bytesWritten;
      }
    } catch (error) {
      throw noRoom(error);
    }
    this.#bytes += chunk.length;
  }

  /**
   * Passes the descriptor to `work`, for a thread that reads it: threads share the descriptors of the process. It stays open
   * until `work` has ended, even if the client has gone. Throws BAD_REQUEST when it was closed before.
   */
  async use<T>(work: (source: { descriptor: number; bytes: number }) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new SluiceError('BAD_REQUEST', 'the request broke off before its body was read');
    this.#users++;
    try {
      return await work({ descriptor: this.handle.fd, bytes: this.#bytes });
    } finally {
      this.#users--;
      if (this.#isClosed) await this.#closeUnused();
    }
  }

  /** All that was added, in memory. */
  read(): Promise<Buffer> {
    return this.use(() => this.#read());
  }

  /** SHA-256, in hex, of all that was added. */
  digest(): Promise<string> {
    return this.use(async () => {
      const hash = createHash('sha256');
      const chunk = Buffer.allocUnsafe(Math.min(DIGEST_CHUNK_BYTES, this.#bytes));
      for (let at = 0; at < this.#bytes; ) {
        const { bytesRead } = await this.handle.read(chunk, 0, chunk.length, at);
        if (bytesRead === 0) throw new Error('the file of a body is shorter than what was written to it');
        hash.update(chunk.subarray(0, bytesRead));
        at += bytesRead;
      }
      return hash.digest('hex');
    });
  }

  async #read(): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(this.#bytes);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await this.handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw new Error('the file of a body is shorter than what was written to it');
      at += bytesRead;
    }
    return bytes;
  }

  /** Takes effect when nobody uses the file any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closeUnused();
  }

  async #closeUnused(): Promise<void> {
    if (this.#users === 0) await this.handle.close().catch(() => {});
  }
}

const noRoom = (cause: unknown): SluiceError =>
  new SluiceError(
    'STORE_FULL',
    'the folder for temporary files of the broker takes no body of this size',
    {},
    { cause },
  );
