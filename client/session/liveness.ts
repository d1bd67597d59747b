/** Two heartbeats may be late or lost in a hand-over; half of one more is the time that the third has to arrive. */
export const SILENT_HEARTBEATS_MAX = 2.5;

export type Liveness = { isAlive: true; checkInMs: number } | { isAlive: false; silentMs: number };

/** Whether a peer that was last heard at `lastHeardMs` still counts as there, and when to look again. */
export function livenessAt(nowMs: number, lastHeardMs: number, heartbeatMs: number): Liveness {
  const silentMs = nowMs - lastHeardMs;
  const allowedMs = heartbeatMs * SILENT_HEARTBEATS_MAX;
  return silentMs < allowedMs ? { isAlive: true, checkInMs: allowedMs - silentMs } : { isAlive: false, silentMs };
}
