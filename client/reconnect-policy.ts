export interface ReconnectPolicy {
  firstDelayMs: number;
  delayMsMax: number;
}

/** A restarting broker is back within a second or two; half a minute limits the load that many clients put on one that is not. */
export const DEFAULT_RECONNECT_POLICY: ReconnectPolicy = { firstDelayMs: 200, delayMsMax: 30_000 };

/**
 * Delay before attempt number `attempt`, where 0 is the first after a loss. It doubles each time, with a random part of up to
 * one half, so that clients that lost their connection at the same time do not reconnect at the same time.
 */
export function reconnectDelayMs(attempt: number, policy: ReconnectPolicy, random: () => number): number {
  const exponential = policy.firstDelayMs * 2 ** Math.min(attempt, 30);
  const delayMs = Math.min(exponential, policy.delayMsMax);
  return Math.round(delayMs * (0.5 + random() / 2));
}
