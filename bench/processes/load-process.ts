import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchRun } from '../harness/bench-run.js';
import type { Answer, Report, Request } from '../load/worker-messages.js';
import { endProcess, killAtExit } from './child-process.js';

/** A process that generates load: answers requests and may report progress by itself. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(body: unknown): void; reject(error: Error): void }>();
  readonly #listeners = new Map<string, (body: never) => void>();
  #requests = 0;

  /** `program` is the path of a file below bench/load, without its extension. */
  constructor(
    run: BenchRun,
    readonly program: string,
  ) {
    this.#child = fork(fileURLToPath(new URL(`../load/${program}.js`, import.meta.url)), [], { execArgv: [] });
    killAtExit(this.#child);
    run.defer(() => this.end());
    this.#child.on('message', (message: Answer | Report) => this.#receive(message));
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${program} ended with ${code}`));
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async ask<T>(act: string, body: unknown = {}): Promise<T> {
    if (!this.#child.connected) throw new Error(`${this.program} has ended`);
    const number = this.#requests++;
    const answered = new Promise<unknown>((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
    this.#child.send({ number, act, body } satisfies Request);
    return (await answered) as T;
  }

  on<T>(what: string, listener: (body: T) => void): void {
    this.#listeners.set(what, listener as (body: never) => void);
  }

  end(): Promise<void> {
    return endProcess(this.#child);
  }

  #receive(message: Answer | Report): void {
    if ('report' in message) {
      this.#listeners.get(message.report)?.(message.body as never);
      return;
    }
    const waiter = this.#waiting.get(message.number);
    this.#waiting.delete(message.number);
    if (message.failed === undefined) waiter?.resolve(message.body);
    else waiter?.reject(new Error(`${this.program}: ${message.failed}`));
  }
}
