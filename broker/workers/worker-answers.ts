import type { Worker } from 'node:cluster';
import type { ToWorker } from '../boot/worker-messages.js';

/** Workers answer within milliseconds; one that hangs counts with its last answer, and hides nothing of the others. */
const ANSWER_MS_MAX = 2_000;

interface Collection {
  pending: Set<number>;
  done: () => void;
}

/** Asks all workers of a broker the same question, and waits until each has answered, has ended, or the time is up. */
export class WorkerAnswers {
  readonly #collections = new Map<number, Collection>();
  #nextId = 0;

  collect(workers: readonly Worker[], questionOf: (id: number) => ToWorker): Promise<void> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#collections.get(id)?.done(), ANSWER_MS_MAX);
      const done = (): void => {
        clearTimeout(timer);
        this.#collections.delete(id);
        resolve();
      };
      this.#collections.set(id, { pending: new Set(workers.map((worker) => worker.id)), done });
      for (const worker of workers) send(worker, questionOf(id));
      if (workers.length === 0) done();
    });
  }

  /** The worker has answered that question. */
  answered(id: number, worker: Worker): void {
    const collection = this.#collections.get(id);
    if (collection?.pending.delete(worker.id) && collection.pending.size === 0) collection.done();
  }

  onExit(worker: Worker): void {
    for (const id of this.#collections.keys()) this.answered(id, worker);
  }
}

export function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
