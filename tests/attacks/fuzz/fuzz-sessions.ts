import type { Subprotocol } from '../../../proto/frames/frames.js';
import { RAW_FRAMES } from '../../support/raw-client/raw-frames.js';
import { FrameSocket } from './frame-socket.js';
import type { FuzzTarget } from './surface.js';

/** Codes with which a broker may end a session that sent it something odd. */
const LAWFUL_CLOSES = new Set([1000, 1003, 1005, 1007, 1008, 1009, 4400, 4401, 4403, 4408, 4429]);
/** A session collects subscriptions and what is sent on them. */
const FRAMES_MAX = 800;

interface Open {
  socket: FrameSocket;
  frames: number;
}

/** Sessions of one lane that take frames until one of these ends them: a handshake costs the broker as much as many frames. */
export class FuzzSessions {
  readonly #open = new Map<string, Open>();
  #sequences = 0;

  constructor(
    private readonly target: Pick<FuzzTarget, 'url' | 'count'>,
    private readonly token: string,
  ) {}

  /**
   * Sends the frames; resolves when the broker has handled all of them or has ended the session rightly: false then. The session is that
   * of the lane's own source, or of another system.
   */
  async send(
    encoding: Subprotocol,
    frames: readonly (string | Uint8Array)[],
    token: string = this.token,
  ): Promise<boolean> {
    const key = `${encoding} ${token}`;
    const open = await this.#take(key, { url: this.target.url, token, protocol: encoding });
    const { socket } = open;
    // The broker handles frames in order, and answers this one whatever the others were.
    const ref = `last-${++this.#sequences}-`;
    const last = RAW_FRAMES[encoding].encode({ kind: 'subscribe', ref, grant: 'g-nothing' });
    let wrong: string | undefined;
    await socket.exchange([...frames, last], (message) => {
      wrong ??= this.target.count(message.toString('latin1'));
      return message.includes(ref);
    });
    open.frames += frames.length;
    if (wrong !== undefined) throw new Error(`a session was answered ${wrong}`);
    if (socket.closed !== undefined) {
      this.#open.delete(key);
      assertLawful(socket.closed);
      return false;
    }
    if (open.frames >= FRAMES_MAX) await this.#end(key, open);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(([key, open]) => this.#end(key, open)));
  }

  async #take(key: string, upgrade: Parameters<typeof FrameSocket.open>[0]): Promise<Open> {
    const known = this.#open.get(key);
    // A broker may end a session some time after the frame for which it does.
    if (known && known.socket.closed === undefined) return known;
    if (known) assertLawful(known.socket.closed!);
    const open = { socket: await FrameSocket.open(upgrade), frames: 0 };
    this.#open.set(key, open);
    return open;
  }

  async #end(key: string, { socket }: Open): Promise<void> {
    this.#open.delete(key);
    assertLawful(await socket.close());
  }
}

function assertLawful(code: number): void {
  if (!LAWFUL_CLOSES.has(code)) throw new Error(`the session was closed with ${code}`);
}
