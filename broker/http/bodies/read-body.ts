import type { Readable } from 'node:stream';
import { SluiceError } from '../../../proto/errors.js';
import { BodyFile } from './body-file.js';

const FIRST_BYTES = 4 * 1024;
/** Time that every body has, and the pace that it must keep beyond: a slow line of 64 kbit/s. */
const GRACE_MS = 30_000;
const BYTES_PER_MS_MIN = 8;
const CHECK_INTERVAL_MS = 1000;

/** The bytes of all bodies that a process holds at one time, from their first byte until they are answered. */
export class BodyBudget {
  #bytes = 0;

  constructor(private readonly bytesMax: number) {}

  /** Throws TOO_MANY. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.bytesMax) {
      throw new SluiceError('TOO_MANY', 'the broker is reading too many large bodies at once');
    }
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export interface BodyBounds {
  bytesMax: number;
  budget: BodyBudget;
  /** Bytes beyond which a body goes to a file, within a budget of its own. Left out: all of it stays in memory. */
  file?: { aboveBytes: number; budget: BodyBudget };
  /** Default: half a minute. */
  graceMs?: number;
}

/** A body that was read. It counts in its budget until it is released, since its values are in memory for as long. */
export interface HeldBody {
  length: number;
  /** Hands over the bytes, or the file that they are in. The body itself holds bytes no longer, so that they go once they are parsed. */
  take(): Buffer | BodyFile;
  /** Call when the request is answered. May be called twice. */
  release(): void;
}

/**
 * Reads a body into one buffer that doubles as it fills. A list of the chunks as they come would cost a hundred bytes
 * of memory for each byte of a body sent byte by byte, and so does the queue of a stream that is read by iteration; a
 * buffer of the announced length would cost all of it for a body that never comes.
 * Throws TOO_LARGE, TOO_MANY, STORE_FULL or REQUEST_TIMEOUT; BAD_REQUEST when the request breaks off.
 */
export function readBody(body: Readable, bounds: BodyBounds): Promise<HeldBody> {
  const held = new BodyHolder(bounds);
  const startedMs = performance.now();
  return new Promise<HeldBody>((resolve, reject) => {
    let isSettled = false;
    const settle = (finish: () => void): void => {
      isSettled = true;
      clearInterval(timer);
      body.off('data', take).off('end', end).off('error', breakOff).off('close', breakOff);
      finish();
    };
    const refuse = (error: unknown): void => {
      if (isSettled) return;
      body.pause();
      held.release();
      settle(() => reject(error));
    };
    const take = (chunk: Buffer): void => {
      try {
        const written = held.add(chunk);
        if (!written) return;
        body.pause();
        written.then(() => isSettled || body.resume(), refuse);
      } catch (error) {
        refuse(error);
      }
    };
    // A stream may end while it is paused, and with it the last chunk is still being written.
    const end = (): void => {
      body.off('close', breakOff);
      held.written.then(() => isSettled || settle(() => resolve(held)), refuse);
    };
    const breakOff = (cause?: unknown): void =>
      refuse(new SluiceError('BAD_REQUEST', 'the request broke off before its body was complete', {}, { cause }));
    const timer = setInterval(() => {
      if (performance.now() - startedMs > (bounds.graceMs ?? GRACE_MS) + held.length / BYTES_PER_MS_MIN) {
        refuse(new SluiceError('REQUEST_TIMEOUT', 'the body comes too slowly'));
      }
    }, CHECK_INTERVAL_MS);
    body.on('data', take).once('end', end).once('error', breakOff).once('close', breakOff);
  });
}

export const tooLarge = (bytesMax: number): SluiceError =>
  new SluiceError('TOO_LARGE', `the body has more than the ${bytesMax} bytes that are allowed here`);

/** Holds a body in memory, or in a file once it is large. */
class BodyHolder implements HeldBody {
  readonly #buffer: GrowingBuffer;
  #file: BodyFile | undefined;
  #fileBytes = 0;
  #isReleased = false;
  /** Resolves when all chunks are held. */
  written: Promise<void> = Promise.resolve();

  constructor(private readonly bounds: BodyBounds) {
    this.#buffer = new GrowingBuffer(bounds.budget, bounds.bytesMax);
  }

  get length(): number {
    return this.#fileBytes || this.#buffer.length;
  }

  take(): Buffer | BodyFile {
    return this.#file ?? this.#buffer.take();
  }

  /** Undefined when the chunk is held; else resolves when it is, before which no other may be added. */
  add(chunk: Buffer): Promise<void> | undefined {
    const { bytesMax, file } = this.bounds;
    const length = this.length + chunk.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    if (!file || length <= file.aboveBytes) {
      this.#buffer.add(chunk);
      return undefined;
    }
    file.budget.take(length - this.#fileBytes);
    this.#fileBytes = length;
    this.written = this.#write(chunk);
    return this.written;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#buffer.release();
    this.bounds.file?.budget.giveBack(this.#fileBytes);
    void this.#file?.close();
  }

  async #write(chunk: Buffer): Promise<void> {
    this.#file ??= await this.#moveToFile();
    await this.#file.add(chunk);
  }

  async #moveToFile(): Promise<BodyFile> {
    const file = await BodyFile.open();
    await file.add(this.#buffer.bytes());
    this.#buffer.release();
    if (this.#isReleased) await file.close();
    return file;
  }
}

class GrowingBuffer {
  #buffer = Buffer.alloc(0);
  #length = 0;
  #counted = 0;

  constructor(
    private readonly budget: BodyBudget,
    private readonly bytesMax: number,
  ) {}

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) this.#grow(needed);
    chunk.copy(this.#buffer, this.#length);
    this.#length = needed;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  take(): Buffer {
    const bytes = this.bytes();
    this.#buffer = Buffer.alloc(0);
    return bytes;
  }

  release(): void {
    this.budget.giveBack(this.#counted);
    this.#counted = 0;
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }

  #grow(needed: number): void {
    const capacity = Math.min(this.bytesMax, Math.max(needed, 2 * this.#buffer.length, FIRST_BYTES));
    this.budget.take(capacity - this.#counted);
    this.#counted = capacity;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
