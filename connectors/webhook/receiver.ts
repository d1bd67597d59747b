import { pause } from '../../client/pause.js';
import { reconnectDelayMs } from '../../client/reconnect-policy.js';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { PeerGoneError } from '../runtime/connector-errors.js';
import type { WebhookConfig } from './config.js';
import { cloudEventText, signatureHeaders } from './signed-request.js';

/** `gone`: the receiver as a whole; `later`, `never`: this event. */
export type Verdict = 'done' | 'gone' | 'later' | 'never';

/** What an answer says about the event and about the receiver. A pure function, so that each status has its test. */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'done';
  // Too much, or a gateway that finds nobody behind it: no fault of this event.
  if (status === 408 || status === 429 || status === 502 || status === 503 || status === 504) return 'gone';
  // A redirect is not followed: a signed event goes where it was configured to go.
  if (status >= 300 && status < 400) return 'gone';
  // Standard Webhooks: 410 means that nothing should be sent any more until somebody looks at it.
  if (status === 410 || status === 401 || status === 403 || status === 404) return 'gone';
  return status >= 500 ? 'later' : 'never';
}

const RETRY_DELAY_MAX_MS = 60_000;

/** The service that a webhook calls. */
export class Receiver {
  constructor(private readonly config: WebhookConfig) {}

  /**
   * Resolves with undefined when the receiver has it, else with why it never will. Throws PeerGoneError when the receiver takes nothing
   * at the moment.
   */
  async deliver(event: DeliveredEvent, signal: AbortSignal): Promise<string | undefined> {
    const body = cloudEventText(event);
    const policy = { firstDelayMs: this.config.firstRetryMs, delayMsMax: RETRY_DELAY_MAX_MS };
    for (let attempt = 0; ; attempt++) {
      const status = await this.#post(event.id, body, signal);
      const verdict = verdictOf(status);
      if (verdict === 'done') return undefined;
      if (verdict === 'gone') throw new PeerGoneError(`the receiver answers ${status}`);
      if (verdict === 'never' || attempt + 1 >= this.config.attemptsMax) {
        return `the receiver answers ${status} after ${attempt + 1} attempt(s)`;
      }
      await pause(reconnectDelayMs(attempt, policy, Math.random), signal);
      if (signal.aborted) throw new PeerGoneError('stopped between two attempts');
    }
  }

  async #post(id: string, body: string, signal: AbortSignal): Promise<number> {
    const { url, secrets, headers, timeoutMs } = this.config;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/cloudevents+json',
          ...signatureHeaders(id, body, secrets, Date.now()),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      throw new PeerGoneError('the receiver can not be reached', { cause: error });
    }
  }
}
