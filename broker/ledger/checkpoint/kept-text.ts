import { closeSync, openSync, readSync } from 'node:fs';

/** A file of which texts are read; it can be read as long as it is open, also when another one takes its name. */
export class TextFile {
  readonly #descriptor: number;

  constructor(readonly path: string) {
    this.#descriptor = openSync(path, 'r');
  }

  /** Throws when the file is shorter. */
  read(at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.#descriptor, bytes, done, length - done, at + done);
      if (count === 0) throw new Error(`${this.path} ends before byte ${at + length}`);
      done += count;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/**
 * A text that is rarely read: in memory until a checkpoint of the ledger holds it, in its file from then on. Forty thousand
 * entries in three versions would take 400 MB of every process.
 */
export class KeptText {
  #bytes: Buffer | undefined;
  #file: TextFile | undefined;
  #at = 0;
  #length = 0;

  static of(bytes: Buffer): KeptText {
    const text = new KeptText();
    text.#bytes = bytes;
    return text;
  }

  static inFile(file: TextFile, at: number, length: number): KeptText {
    const text = new KeptText();
    text.moveTo(file, at, length);
    return text;
  }

  /** The bytes; they must not be changed. */
  read(): Buffer {
    return this.#bytes ?? (this.#file as TextFile).read(this.#at, this.#length);
  }

  moveTo(file: TextFile, at: number, length: number): void {
    this.#file = file;
    this.#at = at;
    this.#length = length;
    this.#bytes = undefined;
  }
}
