/** Two heartbeats may be delayed or dropped by a hand-over; the third has half an interval to arrive. */
export const SILENT_HEARTBEATS_MAX = 2.5;

export type Liveness = { isAlive: true; checkInMs: number } | { isAlive: false; silentMs: number };

/** Decides whether a peer last heard at `lastHeardMs` is alive, and when to check again. */
export function livenessAt(nowMs: number, lastHeardMs: number, heartbeatMs: number): Liveness {
  const silentMs = nowMs - lastHeardMs;
  const allowedMs = heartbeatMs * SILENT_HEARTBEATS_MAX;
  return silentMs < allowedMs ? { isAlive: true, checkInMs: allowedMs - silentMs } : { isAlive: false, silentMs };
}
