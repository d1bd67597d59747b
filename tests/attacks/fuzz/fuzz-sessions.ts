import type { Subprotocol } from '../../../proto/frames/frames.js';
import { TOKENS } from '../../support/broker/refusal-bundle.js';
import { RawRefusal, RawSession, SessionLostError } from '../../support/raw-client/raw-client.js';

/** Codes with which a broker may end a session that sent it something odd. */
const LAWFUL_CLOSES = new Set([1000, 1003, 1007, 1008, 1009, 4400, 4401, 4403, 4408, 4429]);
/** A session collects subscriptions and what is sent on them. */
const USES_MAX = 50;

interface Pooled {
  session: RawSession;
  uses: number;
}

/** Sessions that take frames until one of these ends them: a handshake costs the broker as much as many frames. */
export class FuzzSessions {
  readonly #idle = new Map<Subprotocol, Pooled[]>();

  constructor(private readonly url: string) {}

  /** Sends the frames; resolves when the broker has handled all of them or has ended the session rightly. */
  async send(encoding: Subprotocol, frames: readonly (string | Uint8Array)[]): Promise<void> {
    const pooled = this.#takeIdle(encoding) ?? { session: await this.#open(encoding), uses: 0 };
    const { session } = pooled;
    for (const frame of frames) session.sendBytes(frame);
    try {
      await session.subscribe({ grant: 'g-nothing' });
    } catch (error) {
      if (!(error instanceof RawRefusal || error instanceof SessionLostError)) throw error;
    }
    if (session.closed) assertLawful(session);
    else if (++pooled.uses >= USES_MAX) await this.#end(session);
    else this.#idle.set(encoding, [...(this.#idle.get(encoding) ?? []), pooled]);
  }

  async close(): Promise<void> {
    const all = [...this.#idle.values()].flat();
    this.#idle.clear();
    await Promise.all(all.map(({ session }) => this.#end(session)));
  }

  /** One that is still open: a broker may end it some time after the frame for which it does. */
  #takeIdle(encoding: Subprotocol): Pooled | undefined {
    const idle = this.#idle.get(encoding);
    for (let pooled = idle?.pop(); pooled; pooled = idle?.pop()) {
      if (!pooled.session.closed) return pooled;
      assertLawful(pooled.session);
    }
    return undefined;
  }

  #open(encoding: Subprotocol): Promise<RawSession> {
    return RawSession.open({ url: this.url, token: TOKENS.reader, encoding });
  }

  async #end(session: RawSession): Promise<void> {
    if (!session.closed) await session.close();
    assertLawful(session);
  }
}

function assertLawful({ closed }: RawSession): void {
  const code = closed?.code ?? 0;
  if (!LAWFUL_CLOSES.has(code) && code !== 1005) throw new Error(`the session was closed with ${code}`);
}
