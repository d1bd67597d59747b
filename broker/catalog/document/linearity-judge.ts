import { Worker } from 'node:worker_threads';
import type { PatternQuestion, Proof } from './pattern-worker.js';

/** Time for the analysis of one pattern. */
const ANALYSIS_MS = 500;
/** Time for a worker to load the library: a third of a second of CPU, which takes a busy machine much longer. */
const START_MS = 30_000;
/** Time until the worker must have answered; the library's own limit does not hold for every pattern. */
const ANSWER_MS = 3_000;
/** The library takes some 60 MiB, which an idle broker does not keep. */
const IDLE_MS = 10_000;
const WORKER_MEMORY_MIB_MAX = 256;

interface Question {
  pattern: string;
  answer: (proof: Proof) => void;
}

/**
 * Proves in a worker thread that a pattern runs in linear time. The proof is a search that takes up to half a second, and
 * in the event loop every session of the broker would wait for it. One question is with the worker at a time, so callers
 * with many patterns take turns. A worker that does not answer in time is terminated, and its pattern is unproven.
 */
export class LinearityJudge {
  readonly #waiting: Question[] = [];
  #asked: Question | undefined;
  #worker: Worker | undefined;
  #isReady = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly analysisMs = ANALYSIS_MS) {}

  prove(pattern: string): Promise<Proof> {
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
    this.#worker.postMessage({ pattern: this.#asked.pattern, timeoutMs: this.analysisMs } satisfies PatternQuestion);
    this.#startTimer(this.#isReady ? ANSWER_MS : START_MS, () => this.#giveUp());
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./pattern-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: WORKER_MEMORY_MIB_MAX },
    });
    worker.on('message', (message: 'ready' | Proof) => {
      if (worker !== this.#worker) return;
      if (message !== 'ready') this.#answered(message);
      else {
        this.#isReady = true;
        if (this.#asked) this.#startTimer(ANSWER_MS, () => this.#giveUp());
      }
    });
    // An error ends the thread, for instance at its memory limit: the pattern is as unproven as after a timeout.
    worker.on('error', () => {
      if (worker === this.#worker) this.#giveUp();
    });
    return worker;
  }

  #giveUp(): void {
    this.#stopWorker();
    this.#answered('unproven');
  }

  #answered(proof: Proof): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.answer(proof);
    this.#askNext();
  }

  #stopWorker(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#isReady = false;
    void worker?.terminate();
  }

  #startTimer(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
    if (this.#asked === undefined) this.#timer.unref();
  }
}
