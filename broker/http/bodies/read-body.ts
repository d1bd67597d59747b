import type { Readable } from 'node:stream';
import { SluiceError } from '../../../proto/errors.js';

const FIRST_BYTES = 4 * 1024;
/** Time that every body has, and the pace that it must keep beyond: a slow line of 64 kbit/s. */
const GRACE_MS = 30_000;
const BYTES_PER_MS_MIN = 8;
const CHECK_INTERVAL_MS = 1000;

/** The bytes of all bodies that a process is reading at one time. */
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
  /** Default: half a minute. */
  graceMs?: number;
}

/**
 * Reads a body into one buffer that doubles as it fills. A list of the chunks as they come would cost a hundred bytes
 * of memory for each byte of a body sent byte by byte, and so does the queue of a stream that is read by iteration; a
 * buffer of the announced length would cost all of it for a body that never comes.
 * Throws TOO_LARGE, TOO_MANY or REQUEST_TIMEOUT; BAD_REQUEST when the request breaks off.
 */
export function readBody(body: Readable, bounds: BodyBounds): Promise<Buffer> {
  const { bytesMax, budget, graceMs = GRACE_MS } = bounds;
  const held = new GrowingBuffer(budget, bytesMax);
  const startedMs = performance.now();
  return new Promise<Buffer>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearInterval(timer);
      body.off('data', take).off('end', end).off('error', breakOff).off('close', breakOff);
      held.release();
      finish();
    };
    const refuse = (error: unknown): void => {
      body.pause();
      settle(() => reject(error));
    };
    const take = (chunk: Buffer): void => {
      try {
        held.add(chunk);
      } catch (error) {
        refuse(error);
      }
    };
    const end = (): void => settle(() => resolve(held.bytes()));
    const breakOff = (cause?: unknown): void =>
      refuse(new SluiceError('BAD_REQUEST', 'the request broke off before its body was complete', {}, { cause }));
    const timer = setInterval(() => {
      if (performance.now() - startedMs > graceMs + held.length / BYTES_PER_MS_MIN) {
        refuse(new SluiceError('REQUEST_TIMEOUT', 'the body comes too slowly'));
      }
    }, CHECK_INTERVAL_MS);
    body.on('data', take).once('end', end).once('error', breakOff).once('close', breakOff);
  });
}

export const tooLarge = (bytesMax: number): SluiceError =>
  new SluiceError('TOO_LARGE', `the body has more than the ${bytesMax} bytes that are allowed here`);

class GrowingBuffer {
  #buffer = Buffer.alloc(0);
  #length = 0;

  constructor(
    private readonly budget: BodyBudget,
    private readonly bytesMax: number,
  ) {}

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.bytesMax) throw tooLarge(this.bytesMax);
    if (needed > this.#buffer.length) this.#grow(needed);
    chunk.copy(this.#buffer, this.#length);
    this.#length = needed;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  release(): void {
    this.budget.giveBack(this.#buffer.length);
  }

  #grow(needed: number): void {
    const capacity = Math.min(this.bytesMax, Math.max(needed, 2 * this.#buffer.length, FIRST_BYTES));
    this.budget.take(capacity - this.#buffer.length);
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
