import type { WebSocket } from 'ws';
import { sharedTurn, type TurnShare } from '../../proto/async/shared-turns.js';

/** Messages that are inflated at one time: enough to keep the threads busy, and of each there are two copies while it is put together. */
const AT_ONCE_MAX = 4;
/** Memory of zlib for a message whose end has not come: its window, its state and a buffer. */
const OPEN_MESSAGE_BYTES = 64 * 1024;

type Done = (error: Error | null, bytes?: Buffer) => void;

/** The extension as the library has it on a session that negotiated it. */
interface PerMessageDeflate {
  decompress(bytes: Buffer, isLast: boolean, done: Done): void;
  cleanup(): void;
}

/** A session as far as inflating depends on it. */
export interface InflatingSession {
  isClosing(): boolean;
  /** Share of the session's system in the turns of the event loop. */
  share: TurnShare;
  /** A part of a message is inflated and waits for the rest. */
  holds(bytes: number): void;
  /** Resolves when the messages that were taken so far are handled. */
  handled(): Promise<void>;
}

/**
 * Bounds what compressed frames of clients become.
 *
 * A kilobyte on the wire inflates to a megabyte. The library bounds one message, and nothing beyond: parts of messages that never end
 * stay inflated in memory, and the frames of one packet are inflated as fast as threads can, though the session that gets them has asked
 * for a pause. Bounds by the bytes that arrive see neither. So a part counts with its inflated size among the unfinished
 * frames, and the next message is inflated when those before it were handled, a few at one time in the whole process.
 *
 * Invariant: of inflated messages that are complete no more wait than `AT_ONCE_MAX`.
 */
export class FrameInflater {
  readonly #waiting: (() => void)[] = [];
  #inflating = 0;

  /** To be called once for a session that negotiated compression, before it reads. */
  watch(socket: WebSocket, session: InflatingSession): void {
    const extension = extensionOf(socket);
    const inflate = extension.decompress.bind(extension);
    let isOpen = false;
    extension.decompress = (bytes, isLast, done) => {
      void this.#turn(session.share).then((release) => {
        if (session.isClosing()) {
          release();
          done(new Error('the session is being closed'));
          return;
        }
        inflate(bytes, isLast, (error, inflated) => {
          if (!error && !isLast) session.holds((inflated?.length ?? 0) + (isOpen ? 0 : OPEN_MESSAGE_BYTES));
          isOpen = !isLast;
          done(error, inflated);
          if (isLast) extension.cleanup();
          void session.handled().then(release);
        });
      });
    };
  }

  /** Resolves with what gives the turn back. */
  async #turn(share: TurnShare): Promise<() => void> {
    if (this.#inflating < AT_ONCE_MAX) this.#inflating++;
    // Whoever ends its turn hands it on, so the number stays.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    await sharedTurn(share);
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inflating--;
    };
  }
}

/** The library has no interface for it (docs/decisions/0390). Throws where another version of it has none such. */
function extensionOf(socket: WebSocket): PerMessageDeflate {
  const { _extensions: extensions } = socket as unknown as { _extensions?: Record<string, PerMessageDeflate> };
  const extension = extensions?.['permessage-deflate'];
  if (typeof extension?.decompress === 'function' && typeof extension.cleanup === 'function') return extension;
  throw new TypeError(
    'the bound on inflating does not know this version of ws: install the version that package.json names',
  );
}
