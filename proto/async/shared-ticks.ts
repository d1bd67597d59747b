/** Common divisor of all intervals. */
const TICK_MS = 500;

interface Listener {
  everyTicks: number;
  call(): void;
}

const listeners = new Set<Listener>();
let timer: NodeJS.Timeout | undefined;
let ticks = 0;

/**
 * Calls a function at an interval of whole ticks, together with all others that are due: a quiet process is woken once for a dozen
 * looks instead of by a timer for each. The first call comes within one interval. Returns the function that ends it. See
 * docs/decisions/0232.
 */
export function atTicks(intervalMs: number, call: () => void): () => void {
  const listener = { everyTicks: Math.max(1, Math.round(intervalMs / TICK_MS)), call };
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS).unref();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/**
 * The same for a call that judges what has not come: it runs once the sockets were read in that turn. A process that had no processor for
 * seconds would otherwise give up an answer that waits in its socket, since timers come first.
 */
export const atTicksOnceRead = (intervalMs: number, call: () => void): (() => void) =>
  atTicks(intervalMs, () => setImmediate(call));

function tick(): void {
  ticks++;
  for (const { everyTicks, call } of listeners) if (ticks % everyTicks === 0) call();
}
