import { pause } from '../../client/pause.js';
import { reconnectDelayMs } from '../../client/reconnect-policy.js';
import { retryAfterMs } from '../../client/retry-after.js';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { signatureHeaders } from '../../proto/http/webhook-signature.js';
import { PeerGoneError } from '../runtime/connector-errors.js';
import type { WebhookConfig } from './config.js';
import { cloudEventText, webhookIdOf } from './signed-request.js';

/** `gone` concerns the receiver as a whole; `later` and `never` concern the event. */
export type DeliveryVerdict = 'done' | 'gone' | 'later' | 'never';

/** Decides what an HTTP status means for the event and for the receiver. It is pure, so that each status is tested. */
export function verdictOf(status: number): DeliveryVerdict {
  if (status >= 200 && status < 300) return 'done';
  // Overload, or a gateway without a server behind it: not the fault of this event.
  if (status === 408 || status === 429 || status === 502 || status === 503 || status === 504) return 'gone';
  // A redirect is not followed: a signed event is sent to the configured address only.
  if (status >= 300 && status < 400) return 'gone';
  // Standard Webhooks: after 410 nothing should be sent until somebody has looked at it.
  if (status === 410 || status === 401 || status === 403 || status === 404) return 'gone';
  return status >= 500 ? 'later' : 'never';
}

const RETRY_DELAY_MAX_MS = 60_000;

/** The service that a webhook calls, with signature, retries and timeout. */
export class Receiver {
  constructor(private readonly config: WebhookConfig) {}

  /**
   * Resolves with undefined once the receiver has accepted the event, else with the reason why it never will. Throws PeerGoneError
   * while the receiver accepts nothing.
   */
  async deliver(event: DeliveredEvent, log: string, signal: AbortSignal): Promise<string | undefined> {
    const deliveredLog = { grant: this.config.grant, log };
    const body = cloudEventText(event, deliveredLog);
    const id = webhookIdOf(event.position, deliveredLog);
    const policy = { firstDelayMs: this.config.firstRetryMs, delayMsMax: RETRY_DELAY_MAX_MS };
    for (let attempt = 0; ; attempt++) {
      const { status, retryAfter } = await this.#post(id, body, signal);
      const verdict = verdictOf(status);
      if (verdict === 'done') return undefined;
      if (verdict === 'gone')
        throw new PeerGoneError(`the receiver responded with HTTP ${status}`, { retryAfterMs: retryAfter });
      if (verdict === 'never' || attempt + 1 >= this.config.attemptsMax) {
        return `the receiver responded with HTTP ${status} after ${attempt + 1} attempt(s)`;
      }
      await pause(reconnectDelayMs(attempt, policy, Math.random), signal);
      if (signal.aborted) throw new PeerGoneError('the connector was stopped between two attempts');
    }
  }

  async #post(
    id: string,
    body: string,
    signal: AbortSignal,
  ): Promise<{ status: number; retryAfter: number | undefined }> {
    const { url, secrets, headers, timeoutMs } = this.config;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: withOwnHeaders(headers, {
          'content-type': 'application/cloudevents+json',
          ...signatureHeaders(id, body, secrets, Date.now()),
        }),
        body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      await response.body?.cancel();
      return { status: response.status, retryAfter: retryAfterMs(response.headers.get('retry-after'), Date.now()) };
    } catch (error) {
      throw new PeerGoneError('the receiver cannot be reached', { cause: error });
    }
  }
}

/** Ours replace configured ones, however those are capitalised. */
function withOwnHeaders(configured: Record<string, string>, own: Record<string, string>): Headers {
  const headers = new Headers(configured);
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  return headers;
}
