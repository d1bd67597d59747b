import { readFileSync } from 'node:fs';

const LOOK_MS = 250;
const TURN_PROBE = new URL('turn-probe.js', import.meta.url).href;

export interface LongestTurn {
  /** By the clock. */
  turnMs: number;
  /** In processor time of its thread, which others cannot lengthen. */
  turnCpuMs: number;
}

/** The longest turn of the event loop of a broker that was started with `env`. */
export class WatchedTurns {
  #longest: LongestTurn = { turnMs: 0, turnCpuMs: 0 };
  /** A start takes long turns, which are not looked at: modules are loaded, routes are made. */
  readonly #fromMs = Date.now();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly file: string) {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  static env(file: string): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import ${TURN_PROBE}`, SLUICE_TURN_PROBE: file };
  }

  /** The longest since the last call. */
  take(): LongestTurn {
    this.#look();
    const longest = this.#longest;
    this.#longest = { turnMs: 0, turnCpuMs: 0 };
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    try {
      const { sinceMs, ms, cpuMs } = JSON.parse(readFileSync(this.file, 'utf8')) as Record<string, number>;
      if (sinceMs! < this.#fromMs) return;
      this.#longest = {
        turnMs: Math.max(this.#longest.turnMs, ms!),
        turnCpuMs: Math.max(this.#longest.turnCpuMs, cpuMs!),
      };
    } catch {
      // It is being written.
    }
  }
}
