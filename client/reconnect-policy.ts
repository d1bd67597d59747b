export interface ReconnectPolicy {
  firstDelayMs: number;
  delayMsMax: number;
}

/** A broker that restarts is back within a second or two; half a minute keeps a crowd of clients bearable for one that is not. */
export const DEFAULT_RECONNECT_POLICY: ReconnectPolicy = { firstDelayMs: 200, delayMsMax: 30_000 };

/**
 * How long to wait before attempt number `attempt` (0 is the first after a loss). Doubles each time, and between half and
 * all of it is drawn by lot: clients that were cut off together do not come back together.
 */
export function reconnectDelayMs(attempt: number, policy: ReconnectPolicy, random: () => number): number {
  const exponential = policy.firstDelayMs * 2 ** Math.min(attempt, 30);
  const delayMs = Math.min(exponential, policy.delayMsMax);
  return Math.round(delayMs * (0.5 + random() / 2));
}
