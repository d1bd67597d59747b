import { pause } from '../../client/pause.js';
import { DEFAULT_RECONNECT_POLICY, type ReconnectPolicy, reconnectDelayMs } from '../../client/reconnect-policy.js';

/** Exponential backoff between attempts, reset by the first that succeeds. */
export class Backoff {
  #attempt = 0;

  constructor(private readonly policy: ReconnectPolicy = DEFAULT_RECONNECT_POLICY) {}

  succeeded(): void {
    this.#attempt = 0;
  }

  /** Pauses before the next attempt, and not shorter than the other side has asked for. */
  wait(signal: AbortSignal, retryAfterMs = 0): Promise<void> {
    return pause(Math.max(retryAfterMs, reconnectDelayMs(this.#attempt++, this.policy, Math.random)), signal);
  }
}
