import type { Socket } from 'node:net';

/** Bytes of one session that are not counted: a client on a slow line always has part of a small frame on its way. */
const FREE_BYTES = 16 * 1024;
/** All unfinished frames of one process: the last megabyte of 24 clients on slow lines, or 64 KB of 500. */
const UNFINISHED_BYTES_MAX = 24 * 1024 * 1024;
/** Two bytes and the mask. */
const CONTROL_HEAD_BYTES = 6;
/** A frame that takes longer than this is not being sent, it is being held. */
const UNFINISHED_MS_MAX = 60_000;

/** The bytes that sessions hold of frames whose end has not come, over all sessions of the process. */
export class UnfinishedFrames {
  #bytes = 0;
  readonly #count = (change: number): void => {
    this.#bytes += change;
  };
  readonly #isFull = (): boolean => this.#bytes > this.bytesMax;

  constructor(private readonly bytesMax = UNFINISHED_BYTES_MAX) {}

  /** Watches one session until its socket closes. `onTooMuch` is called once. */
  watch(socket: Socket, onTooMuch: (reason: string) => void): FrameWatch {
    const watch = new FrameWatch(this.#count, this.#isFull, onTooMuch);
    socket.on('close', () => watch.end());
    return watch;
  }
}

/** One session's part of it. */
export class FrameWatch {
  #bytes = 0;
  #counted = 0;
  #sinceMs = 0;

  constructor(
    private readonly count: (change: number) => void,
    private readonly isFull: () => boolean,
    private readonly onTooMuch: (reason: string) => void,
  ) {}

  /** Bytes of a frame have arrived, or a part of a compressed one was inflated and takes more than has arrived of it. */
  received(bytes: number): void {
    if (this.#bytes === 0) this.#sinceMs = performance.now();
    this.#bytes += bytes;
    this.#recount();
    if (this.#counted > 0 && this.isFull()) this.onTooMuch('the broker holds too many bytes of unfinished frames');
  }

  /** A frame is complete, and with it all that was held, but for the beginning of the next one. */
  complete(): void {
    this.#bytes = 0;
    this.#recount();
  }

  /** A ping or pong went by, perhaps between the fragments of a frame: it is no part of what is held. */
  control(payloadBytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - payloadBytes - CONTROL_HEAD_BYTES);
    this.#recount();
  }

  /** To be called now and then: ends a session that began a frame long ago. */
  checkTime(): void {
    if (this.#bytes > 0 && performance.now() - this.#sinceMs > UNFINISHED_MS_MAX) {
      this.onTooMuch(`a frame was not complete after ${UNFINISHED_MS_MAX / 1000} seconds`);
    }
  }

  end(): void {
    this.#bytes = 0;
    this.#recount();
  }

  #recount(): void {
    const counted = Math.max(0, this.#bytes - FREE_BYTES);
    if (counted !== this.#counted) this.count(counted - this.#counted);
    this.#counted = counted;
  }
}
