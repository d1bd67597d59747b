import type { ChildProcess } from 'node:child_process';
import type { Worker } from 'node:cluster';

/** What node:cluster puts around a connection, and the worker's answer to it, which carries the number as `ack`. */
interface HandOver {
  act?: string;
  seq?: number;
}
interface Answer {
  ack?: number;
}
interface Handle {
  close(): void;
}
type Send = (message: HandOver, handle?: Handle, ...rest: unknown[]) => boolean;

/**
 * The connections that are on their way from this process to a worker. node:cluster forgets those whose worker is killed before
 * it has them: nobody would serve them and nobody close them, and their clients would wait for ever. Here they are closed with
 * the worker, so that the client connects again. Where a later Node hands connections over in another way, nothing is seen and
 * nothing done.
 */
export class HandedConnections {
  readonly #handles = new Map<number, Handle>();

  private constructor() {}

  /** From now to the end of a worker that has just been started. */
  static of(worker: Worker): HandedConnections {
    const handed = new HandedConnections();
    handed.#watch(worker);
    return handed;
  }

  /** On their way now. */
  get size(): number {
    return this.#handles.size;
  }

  #watch(worker: Worker): void {
    const { process } = worker;
    this.#watchSending(process);
    process.on('internalMessage', ({ ack }: Answer) => {
      if (ack !== undefined) this.#handles.delete(ack);
    });
    worker.once('exit', () => this.#closeAll());
  }

  #watchSending(process: ChildProcess): void {
    const send = process.send.bind(process) as Send;
    const watched: Send = (message, handle, ...rest) => {
      if (handle && message.act === 'newconn' && message.seq !== undefined) this.#handles.set(message.seq, handle);
      return send(message, handle, ...rest);
    };
    process.send = watched as ChildProcess['send'];
  }

  #closeAll(): void {
    for (const handle of this.#handles.values()) handle.close();
    this.#handles.clear();
  }
}
