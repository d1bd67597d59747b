import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { FromWorker, MetricsAnswer, MetricsQuestion, ToWorker, WorkerServing } from '../boot/worker-messages.js';
import { ConfigurationConflictError } from '../parties/bus-facts.js';
import { CountPool } from './count-pool.js';
import { HandedConnections } from './handed-connections.js';
import { MetricsPool } from './metrics-pool.js';

export interface PrimaryOptions {
  workers: number;
  /** Where the store is and what all workers share, as environment. */
  env: Record<string, string>;
  log: Logger;
}

/** A worker that cannot start is retried for ever, ever less often: the others serve meanwhile. */
const RESTART_WAIT_MIN_MS = 100;
const RESTART_WAIT_MAX_MS = 10_000;

/** Runs the workers of one broker on one port: starts them, replaces one that died, drains them. */
export class Primary {
  /** Resolves when a worker reports that the whole broker must end. */
  readonly mustEnd: Promise<Error>;
  readonly #options: PrimaryOptions;
  readonly #metrics = new MetricsPool();
  readonly #counts = {
    delivered: new CountPool('delivered'),
    accepted: new CountPool('accepted'),
    parties: new CountPool('parties'),
  };
  #restartWaitMs = RESTART_WAIT_MIN_MS;
  #isDraining = false;
  #endAll: (reason: Error) => void = () => {};

  constructor(options: PrimaryOptions) {
    this.#options = options;
    this.mustEnd = new Promise((resolve) => (this.#endAll = resolve));
  }

  /** Resolves when all serve. Rejects when the first one ends before it serves. */
  async start(): Promise<WorkerServing> {
    // One alone first: it founds the bus on an empty ledger, the others find it there.
    const first = await this.#startWorker();
    if (!first) throw new Error('the first worker ended before it was serving, its log says why');
    const others = Array.from({ length: this.#options.workers - 1 }, () => this.#startWorker());
    await Promise.all(others);
    return first;
  }

  /** Has every worker read the certificate again. */
  reloadTls(): void {
    for (const worker of liveWorkers()) send(worker, { kind: 'reload-tls' });
  }

  /** Every worker finishes what is in flight. Safe to call twice. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all(liveWorkers().map((worker) => this.#drainWorker(worker)));
  }

  async #startWorker(): Promise<WorkerServing | undefined> {
    const worker = cluster.fork(this.#options.env);
    HandedConnections.of(worker);
    const serving = new Promise<WorkerServing | undefined>((resolve) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'serving') resolve(message);
        else if (message.kind === 'metrics') void this.#answerMetrics(worker, message);
        else if (message.kind === 'worker-metrics') this.#metrics.onAnswer(worker, message);
        else if (message.kind === 'counts') void this.#counts[message.of].answer(worker, message.id, liveWorkers());
        else if (message.kind === 'worker-counts') this.#counts[message.of].onReport(worker, message);
        else if (message.kind === 'must-end') this.#endAll(new ConfigurationConflictError(message.message));
      });
      worker.once('exit', () => resolve(undefined));
    });
    worker.once('exit', (code, signal) => this.#onExit(worker, code, signal));
    return serving;
  }

  #onExit(worker: Worker, code: number | null, signal: string | null): void {
    for (const counts of Object.values(this.#counts)) counts.onExit(worker);
    this.#metrics.onExit(worker);
    if (this.#isDraining) return;
    const { log } = this.#options;
    log.error({ worker: worker.id, code, signal }, 'a worker ended; starting another');
    setTimeout(() => {
      if (!this.#isDraining) void this.#startWorker().then((serving) => this.#onRestarted(serving !== undefined));
    }, this.#restartWaitMs);
  }

  #onRestarted(isServing: boolean): void {
    this.#restartWaitMs = isServing ? RESTART_WAIT_MIN_MS : Math.min(this.#restartWaitMs * 2, RESTART_WAIT_MAX_MS);
  }

  async #drainWorker(worker: Worker): Promise<void> {
    if (worker.isDead()) return;
    const exited = once(worker, 'exit');
    // By message and not by signal: Ctrl-C has reached the worker already, and a second signal ends it by force.
    send(worker, { kind: 'drain' });
    await exited;
  }

  async #answerMetrics(worker: Worker, { id, format }: MetricsQuestion): Promise<void> {
    const text = await this.#metrics.text(liveWorkers(), format);
    send(worker, { kind: 'metrics', id, text } satisfies MetricsAnswer);
  }
}

const liveWorkers = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
