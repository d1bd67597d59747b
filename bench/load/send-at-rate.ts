/** Events sent at most in one call of `send`. */
const BURST_MAX = 200;
const TICK_MS = 1;

export interface RatedSending {
  /** Events per second; undefined sends as fast as there is capacity. */
  rate: number | undefined;
  seconds: number;
  /** Number of events that may be sent now. */
  capacity(): number;
  send(count: number): void;
}

/** Sends at an even rate for a while and makes up for delays; resolves with the number sent. */
export async function sendAtRate({ rate, seconds, capacity, send }: RatedSending): Promise<number> {
  const startedAt = performance.now();
  let sent = 0;
  for (;;) {
    const elapsed = (performance.now() - startedAt) / 1000;
    if (elapsed >= seconds) return sent;
    const due = rate === undefined ? BURST_MAX : Math.floor(elapsed * rate) - sent;
    const count = Math.min(due, BURST_MAX, capacity());
    if (count > 0) {
      send(count);
      sent += count;
    }
    if (count > 0 && (rate === undefined || due > count)) await nextTurn();
    else await tick();
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK_MS));
