import { NeverHappenedError } from '../condition.js';
import { type RawAddress, RawSession } from './raw-client.js';

/** A killed broker is restarted, and a small store copied to other servers, well within this time. */
const REOPEN_MS = 90_000;
const RETRY_MS = 25;

/** A session that is reopened after a loss; several followers may share it. */
export class RawLink {
  #opening: Promise<RawSession> | undefined;
  #session: RawSession | undefined;

  constructor(readonly address: RawAddress) {}

  get encoding(): string {
    return this.address.encoding;
  }

  /** The open session, or a new one; retries for REOPEN_MS while the broker is away. */
  session(): Promise<RawSession> {
    if (this.#session && !this.#session.closed) return Promise.resolve(this.#session);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  cut(): void {
    this.#session?.cut();
  }

  async close(): Promise<void> {
    if (this.#session && !this.#session.closed) await this.#session.close();
  }

  async #open(): Promise<RawSession> {
    const giveUpAt = Date.now() + REOPEN_MS;
    for (;;) {
      try {
        this.#session = await RawSession.open(this.address);
        return this.#session;
      } catch (error) {
        if (Date.now() > giveUpAt) throw new NeverHappenedError(`no session: ${String(error)}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
