import { SpreadCalls } from '../../proto/async/spread-calls.js';

/**
 * Heartbeats of silence after which a client is asked, by a ping, whether it is there. A client that acknowledges is never asked, and one
 * that has just answered is not asked again at the next heartbeat: reading an answer is half of what an idle session costs.
 */
const UNASKED_HEARTBEATS_MAX = 1.5;
/** Heartbeats that it then has to answer: one may be lost, one may be late. */
const ANSWER_HEARTBEATS_MAX = 2;

export interface HeartbeatOptions {
  heartbeatMs: number;
  /** Time to send a heartbeat to the client, and with it a ping when the client has been silent. */
  beat: (isSilent: boolean) => void;
  /** The client has been silent for too long. */
  lost: () => void;
}

/** Sends heartbeats at the agreed pace, and reports a client that has fallen silent. */
export class Heartbeat {
  readonly #end: () => void;
  #lastHeardMs: number;
  #isListening = true;

  constructor(private readonly options: HeartbeatOptions) {
    this.#lastHeardMs = performance.now();
    this.#end = callsAt(options.heartbeatMs).add(() => this.#beat());
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

  #beat(): void {
    if (!this.#isListening) this.heard();
    const { heartbeatMs, beat, lost } = this.options;
    const silentHeartbeats = (performance.now() - this.#lastHeardMs) / heartbeatMs;
    if (silentHeartbeats < UNASKED_HEARTBEATS_MAX + ANSWER_HEARTBEATS_MAX) {
      beat(silentHeartbeats >= UNASKED_HEARTBEATS_MAX);
      return;
    }
    this.stop();
    lost();
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
