import { createHmac, type Hmac, timingSafeEqual } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** A frame is its kind, one byte, the length of what follows, four bytes, and that. */
const HEAD_BYTES = 5;
const SEAL_BYTES = 32;
const WRITTEN_AT_ONCE_BYTES = 1024 * 1024;
const READ_AT_ONCE_BYTES = 4 * 1024 * 1024;

export type FrameKind = 'header' | 'room' | 'text' | 'item' | 'subjects';
const KINDS: readonly FrameKind[] = ['header', 'room', 'text', 'item', 'subjects'];

const sealWith = (key: Buffer): Hmac => createHmac('sha256', key);

/** Writes frames and, at the end, the seal over all of them. Writes a megabyte at a time, so that it holds up nobody. */
export class FrameWriter {
  readonly #seal: Hmac;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #written = 0;

  constructor(
    private readonly file: FileHandle,
    key: Buffer,
  ) {
    this.#seal = sealWith(key);
  }

  /** Returns where the frame's bytes will stand in the file. */
  async add(kind: FrameKind, bytes: Uint8Array): Promise<number> {
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt8(KINDS.indexOf(kind), 0);
    head.writeUInt32LE(bytes.length, 1);
    const at = this.#written + this.#bytes + HEAD_BYTES;
    this.#parts.push(head, bytes);
    this.#bytes += HEAD_BYTES + bytes.length;
    if (this.#bytes >= WRITTEN_AT_ONCE_BYTES) await this.#write();
    return at;
  }

  async end(): Promise<void> {
    await this.#write();
    await this.file.writeFile(this.#seal.digest());
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#written += bytes.length;
    this.#seal.update(bytes);
    await this.file.writeFile(bytes);
  }
}

/** A frame in the bytes of a file that are in memory now. */
export interface Frame {
  kind: FrameKind;
  /** Position of its content in the file. */
  at: number;
  length: number;
  /** A view of the content, valid during the call. */
  bytes(): Buffer;
}

/**
 * Hands over the frames of a file; false when its end or its seal is not what was written. What was handed over is not to be
 * used then.
 */
export async function readFrames(file: FileHandle, key: Buffer, onFrame: (frame: Frame) => void): Promise<boolean> {
  const end = (await file.stat()).size - SEAL_BYTES;
  const seal = sealWith(key);
  let window = Buffer.allocUnsafe(READ_AT_ONCE_BYTES);
  let kept = 0;
  for (let position = 0; position < end; ) {
    // A frame that is larger than the window.
    if (kept === window.length) window = Buffer.concat([window, Buffer.allocUnsafe(window.length)]);
    const { bytesRead } = await file.read(window, kept, Math.min(window.length - kept, end - position), position);
    if (bytesRead === 0) return false;
    const held = window.subarray(0, kept + bytesRead);
    seal.update(held.subarray(kept));
    const used = takeFrames(held, position - kept, onFrame);
    held.copy(window, 0, used);
    position += bytesRead;
    kept = held.length - used;
  }
  const stored = Buffer.alloc(SEAL_BYTES);
  if (end < 0 || kept > 0) return false;
  await file.read(stored, 0, SEAL_BYTES, end);
  return timingSafeEqual(stored, seal.digest());
}

/** The whole frames in the bytes, which stand at `position` in the file; how many bytes they are. */
function takeFrames(bytes: Buffer, position: number, onFrame: (frame: Frame) => void): number {
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at + 1);
    const start = at + HEAD_BYTES;
    if (start + length > bytes.length) break;
    const kind = KINDS[bytes.readUInt8(at)];
    if (kind !== undefined)
      onFrame({ kind, at: position + start, length, bytes: () => bytes.subarray(start, start + length) });
    at = start + length;
  }
  return at;
}
