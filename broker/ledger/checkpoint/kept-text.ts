import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file of which texts are read; it can be read as long as it is open, also when another one takes its name. */
export class TextFile {
  readonly #descriptor: number;

  constructor(
    readonly path: string,
    descriptor?: number,
  ) {
    this.#descriptor = descriptor ?? openSync(path, 'r');
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
  /** The value of which the bytes are the JSON, while nobody has read them. */
  #value: object | undefined;
  #bytes: Buffer | undefined;
  #file: TextFile | undefined;
  #at = 0;
  #length = 0;

  static of(bytes: Buffer): KeptText {
    const text = new KeptText();
    text.#bytes = bytes;
    return text;
  }

  /** The JSON of a value, made when it is read; the value must not change until then. */
  static ofValue(value: object): KeptText {
    const text = new KeptText();
    text.#value = value;
    return text;
  }

  static inFile(file: TextFile, at: number, length: number): KeptText {
    const text = new KeptText();
    text.moveTo(file, at, length);
    return text;
  }

  /** The bytes; they must not be changed. */
  read(): Buffer {
    if (this.#value) {
      this.#bytes = jsonOf(this.#value);
      this.#value = undefined;
    }
    return this.#bytes ?? (this.#file as TextFile).read(this.#at, this.#length);
  }

  get isInMemory(): boolean {
    return this.#bytes !== undefined || this.#value !== undefined;
  }

  moveTo(file: TextFile, at: number, length: number): void {
    this.#file = file;
    this.#at = at;
    this.#length = length;
    this.#bytes = undefined;
    this.#value = undefined;
  }
}

/** Not of the pool of short-lived buffers: each text would keep its whole block of it. */
function jsonOf(value: object): Buffer {
  const json = JSON.stringify(value);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
  bytes.write(json);
  return bytes;
}

/** Values whose text is not made yet: most drafts of a start are replaced by one of the next records. */
const VALUES_MAX = 500;
/** Texts that stay in memory; more are written to a file of their own. */
const IN_MEMORY_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Texts that no checkpoint holds yet. A start without checkpoint makes hundreds of megabytes of them, so what is beyond a bound goes to
 * files without a name, which nobody can change and which end with the process. Such files are closed when a checkpoint that was
 * begun after them is written: every text that is still used is read from it then (docs/decisions/0199).
 */
export class KeptTexts {
  readonly #inMemory = new Set<KeptText>();
  readonly #values = new Set<KeptText>();
  #bytes = 0;
  #files: TextFile[] = [];
  #filesBefore: TextFile[] = [];

  /** Files are made beside `path`; without one all texts stay in memory. */
  constructor(
    private readonly path?: string,
    private readonly inMemoryBytesMax = IN_MEMORY_BYTES_MAX,
  ) {}

  keep(bytes: Buffer): KeptText {
    const text = KeptText.of(bytes);
    this.#add(text);
    return text;
  }

  /** The JSON of a value that nobody changes any more. */
  keepJson(value: object): KeptText {
    const text = KeptText.ofValue(value);
    this.#values.add(text);
    if (this.#values.size >= VALUES_MAX) {
      for (const one of this.#values) this.#add(one);
      this.#values.clear();
    }
    return text;
  }

  /** The room does not use the text any more; a checkpoint that is being written may. */
  release(text: KeptText): void {
    if (this.#values.delete(text)) return;
    if (this.#inMemory.delete(text) && text.isInMemory) this.#bytes -= text.read().length;
  }

  checkpointBegins(): void {
    this.#filesBefore.push(...this.#files.splice(0));
  }

  checkpointStored(): void {
    for (const file of this.#filesBefore.splice(0)) file.close();
  }

  #add(text: KeptText): void {
    // A checkpoint may hold it already.
    if (!text.isInMemory) return;
    this.#inMemory.add(text);
    this.#bytes += text.read().length;
    if (this.#bytes > this.inMemoryBytesMax && this.path !== undefined) this.#writeOut(this.path);
  }

  /** Texts that the disk does not take stay in memory: an act that was stored must not fail by it. */
  #writeOut(path: string): void {
    const texts = [...this.#inMemory].filter((text) => text.isInMemory);
    this.#bytes = 0;
    const file = fileOf(path, Buffer.concat(texts.map((text) => text.read())));
    if (!file) return;
    this.#files.push(file);
    this.#inMemory.clear();
    let at = 0;
    for (const text of texts) {
      const { length } = text.read();
      text.moveTo(file, at, length);
      at += length;
    }
  }
}

/** A file without a name that holds the bytes; undefined where the disk does not take them. */
function fileOf(path: string, bytes: Buffer): TextFile | undefined {
  let descriptor: number | undefined;
  try {
    const name = `${path}.texts-${process.pid}`;
    mkdirSync(dirname(name), { recursive: true });
    descriptor = openSync(name, 'w+', 0o600);
    rmSync(name);
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
    return new TextFile(name, descriptor);
  } catch {
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }
}
