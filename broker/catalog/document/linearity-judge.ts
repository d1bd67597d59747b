import { Worker } from 'node:worker_threads';
import type { PatternQuestion } from './pattern-worker.js';

/** Time for the analysis of one pattern; what is not proven by then counts as not linear. */
const ANALYSIS_MS = 500;
/** Time until the worker must have answered; the library's own limit does not hold for every pattern. */
const ANSWER_MS = 3_000;
/** The library takes some 60 MiB, which an idle broker does not keep. */
const IDLE_MS = 10_000;
const WORKER_MEMORY_MIB_MAX = 256;

interface Question {
  pattern: string;
  answer: (isLinear: boolean) => void;
}

/**
 * Proves in a worker thread that a pattern runs in linear time. The proof is a search that takes up to half a second, and
 * in the event loop every session of the broker would wait for it. One question is with the worker at a time, so callers
 * with many patterns take turns. A worker that does not answer in time is terminated, and its pattern is not linear.
 */
export class LinearityJudge {
  readonly #waiting: Question[] = [];
  #asked: Question | undefined;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;

  isLinear(pattern: string): Promise<boolean> {
    return new Promise((answer) => {
      this.#waiting.push({ pattern, answer });
      this.#askNext();
    });
  }

  #askNext(): void {
    if (this.#asked) return;
    this.#asked = this.#waiting.shift();
    if (!this.#asked) {
      this.#startTimer(IDLE_MS, () => this.#stopWorker());
      this.#worker?.unref();
      return;
    }
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    this.#worker.postMessage({ pattern: this.#asked.pattern, timeoutMs: ANALYSIS_MS } satisfies PatternQuestion);
    this.#startTimer(ANSWER_MS, () => this.#giveUp());
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./pattern-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: WORKER_MEMORY_MIB_MAX },
    });
    worker.on('message', (isLinear: boolean) => {
      if (worker === this.#worker) this.#answered(isLinear);
    });
    // An error ends the thread, for instance at its memory limit: the pattern is as unproven as after a timeout.
    worker.on('error', () => {
      if (worker === this.#worker) this.#giveUp();
    });
    return worker;
  }

  #giveUp(): void {
    this.#stopWorker();
    this.#answered(false);
  }

  #answered(isLinear: boolean): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.answer(isLinear);
    this.#askNext();
  }

  #stopWorker(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }

  #startTimer(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
    if (this.#asked === undefined) this.#timer.unref();
  }
}
