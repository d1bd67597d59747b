/** Of silence, counted in heartbeats, before a client counts as gone: one may be lost, one may be late. */
const SILENT_HEARTBEATS_MAX = 2.5;

export interface HeartbeatOptions {
  heartbeatMs: number;
  clock: () => number;
  /** Time to tell the client that the broker lives. */
  beat: () => void;
  /** Nothing was heard for too long. */
  lost: () => void;
}

/** Keeps both sides sure of each other: beats at the agreed pace, and says when the client has fallen silent. */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #lastHeardMs: number;
  #isDeaf = false;
  #ticks = 0;

  constructor(private readonly options: HeartbeatOptions) {
    this.#lastHeardMs = options.clock();
    // Twice per heartbeat, so that silence is noticed at 2.5 and not at 3.
    this.#timer = setInterval(() => this.#tick(), options.heartbeatMs / 2);
  }

  /** A message, a ping or a pong came. */
  heard(): void {
    this.#lastHeardMs = this.options.clock();
  }

  /** While the broker itself does not read the socket, silence proves nothing. */
  deaf(isDeaf: boolean): void {
    this.#isDeaf = isDeaf;
    this.heard();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#isDeaf) this.heard();
    if (this.options.clock() - this.#lastHeardMs >= SILENT_HEARTBEATS_MAX * this.options.heartbeatMs) {
      this.stop();
      this.options.lost();
    } else if (++this.#ticks % 2 === 0) {
      this.options.beat();
    }
  }
}
