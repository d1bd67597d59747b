import { SpreadCalls } from '../../proto/async/spread-calls.js';

/** Heartbeats of silence after which a client counts as gone: one may be lost, one may be late. */
const SILENT_HEARTBEATS_MAX = 2.5;

export interface HeartbeatOptions {
  heartbeatMs: number;
  /** Time to send a heartbeat to the client. */
  beat: () => void;
  /** The client has been silent for too long. */
  lost: () => void;
}

/** Sends heartbeats at the agreed pace, and reports a client that has fallen silent. */
export class Heartbeat {
  readonly #end: () => void;
  #lastHeardMs: number;
  #isListening = true;
  #ticks = 0;

  constructor(private readonly options: HeartbeatOptions) {
    this.#lastHeardMs = performance.now();
    // Twice per heartbeat, so that silence is noticed at 2.5 heartbeats and not at 3.
    this.#end = callsAt(options.heartbeatMs / 2).add(() => this.#tick());
  }

  /** A message, a ping or a pong came. */
  heard(): void {
    this.#lastHeardMs = performance.now();
  }

  /** While the broker itself does not read the socket, silence proves nothing. */
  pauseListening(): void {
    this.#isListening = false;
    this.heard();
  }

  resumeListening(): void {
    this.#isListening = true;
    this.heard();
  }

  stop(): void {
    this.#end();
  }

  #tick(): void {
    if (!this.#isListening) this.heard();
    if (performance.now() - this.#lastHeardMs >= SILENT_HEARTBEATS_MAX * this.options.heartbeatMs) {
      this.stop();
      this.options.lost();
    } else if (++this.#ticks % 2 === 0) {
      this.options.beat();
    }
  }
}

/** One for all sessions of the process, which have one interval. */
const byInterval = new Map<number, SpreadCalls>();

function callsAt(intervalMs: number): SpreadCalls {
  const known = byInterval.get(intervalMs);
  if (known) return known;
  const calls = new SpreadCalls(intervalMs);
  byInterval.set(intervalMs, calls);
  return calls;
}
