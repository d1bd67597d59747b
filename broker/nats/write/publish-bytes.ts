import { StoreRefusedError } from '../store-errors.js';

/** Subject, reply, headers and framing of a message have about so many bytes; more make the memory grow. */
const BYTES_BESIDE_DATA = 256;
const UTF8_BYTES_PER_UNIT_MAX = 3;
const LINE_END = '\r\n';

interface Publish {
  subject: string;
  data: Uint8Array;
  /** `Name: value` with CRLF after each; empty for none. */
  headers: string;
  /** Subject of the acknowledgement; empty for none. */
  reply: string;
}

/**
 * Publishes in the NATS protocol, one behind the other in one piece of memory.
 *
 * The client makes five buffers of a message, of which it copies each into the one that it writes. A commit has a thousand
 * messages, so its bytes are made here, once, and the client sends them as they are.
 */
export class PublishBytes {
  #bytes: Buffer;
  #at = 0;

  /** `payloadMax`: bytes of headers and data of one message that the server takes. */
  constructor(
    private readonly payloadMax: number,
    messages: number,
    dataBytes: number,
  ) {
    this.#bytes = Buffer.allocUnsafe(messages * BYTES_BESIDE_DATA + dataBytes);
  }

  /** Throws StoreRefusedError for a message that is too large. Subjects are ASCII. */
  add({ subject, data, headers, reply }: Publish): this {
    const block = headers === '' ? '' : `NATS/1.0\r\n${headers}\r\n`;
    const blockBytes = Buffer.byteLength(block);
    const payload = blockBytes + data.length;
    if (payload > this.payloadMax) throw new StoreRefusedError(10054, 'the message is larger than the server takes');
    const verb = block === '' ? 'PUB' : 'HPUB';
    const lengths = block === '' ? `${payload}` : `${blockBytes} ${payload}`;
    const head = `${verb} ${subject} ${reply === '' ? '' : `${reply} `}${lengths}${LINE_END}${block}`;
    this.#reserve(head.length * UTF8_BYTES_PER_UNIT_MAX + data.length + LINE_END.length);
    this.#text(head, blockBytes === block.length);
    this.#bytes.set(data, this.#at);
    this.#at += data.length;
    this.#text(LINE_END, true);
    return this;
  }

  /** Nothing may be added afterwards: the bytes are not copied. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #text(text: string, isAscii: boolean): void {
    this.#at += this.#bytes.write(text, this.#at, isAscii ? 'latin1' : 'utf8');
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
