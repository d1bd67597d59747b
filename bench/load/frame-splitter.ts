export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Receives each WebSocket message; the bytes are valid during the call only. */
export type OnMessage = (opcode: number, payload: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/** Cuts the bytes of a WebSocket into messages. A message that arrives in parts is copied once. */
export class FrameSplitter {
  #head: Buffer = NOTHING;
  #opcode = 0;
  #payload: Buffer | undefined;
  #filled = 0;

  constructor(private readonly onMessage: OnMessage) {}

  push(received: Buffer): void {
    let chunk = received;
    if (this.#payload) {
      chunk = this.#fill(this.#payload, chunk);
    } else if (this.#head.length > 0) {
      chunk = Buffer.concat([this.#head, chunk]);
      this.#head = NOTHING;
    }
    let at = 0;
    while (at < chunk.length) {
      const next = this.#take(chunk, at);
      if (next < 0) {
        this.#head = Buffer.from(chunk.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** Index after the frame that begins at `at`; negative when its head is not complete. */
  #take(chunk: Buffer, at: number): number {
    if (chunk.length - at < 2) return -1;
    const short = (chunk[at + 1] as number) & 0x7f;
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (chunk.length - at < headBytes) return -1;
    const length = short < 126 ? short : short === 126 ? chunk.readUInt16BE(at + 2) : chunk.readUInt32BE(at + 6);
    const start = at + headBytes;
    this.#opcode = (chunk[at] as number) & 0x0f;
    if (chunk.length - start >= length) {
      this.onMessage(this.#opcode, chunk.subarray(start, start + length));
      return start + length;
    }
    this.#payload = Buffer.allocUnsafe(length);
    this.#filled = chunk.copy(this.#payload, 0, start);
    return chunk.length;
  }

  /** Appends to the message that is incomplete and returns the rest of the chunk. */
  #fill(payload: Buffer, chunk: Buffer): Buffer {
    const copied = chunk.copy(payload, this.#filled, 0, Math.min(chunk.length, payload.length - this.#filled));
    this.#filled += copied;
    if (this.#filled < payload.length) return NOTHING;
    this.#payload = undefined;
    this.onMessage(this.#opcode, payload);
    return chunk.subarray(copied);
  }
}
