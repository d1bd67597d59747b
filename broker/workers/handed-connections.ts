import type { ChildProcess } from 'node:child_process';
import type { Worker } from 'node:cluster';

/** The message in which node:cluster hands a connection over, and the worker's answer, which repeats its number as `ack`. */
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
 * Closes connections that were on their way to a worker when it was killed. node:cluster forgets them: nobody would serve
 * or close them, and their clients would wait for ever; closed, they connect again. The messages watched here are not
 * documented: where a later Node hands connections over in another way, none is seen and none is closed.
 * Decision: docs/decisions/0016.
 */
export class HandedConnections {
  readonly #handles = new Map<number, Handle>();

  private constructor() {}

  /** Watches a worker that has just been started, until it ends. */
  static of(worker: Worker): HandedConnections {
    const handed = new HandedConnections();
    handed.#watch(worker);
    return handed;
  }

  /** Connections that the worker has not confirmed yet. */
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
