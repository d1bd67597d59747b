import type { IncomingMessage } from 'node:http';
import { isLoopContended, sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';

/** Served at once in one turn of the event loop: some milliseconds of usual requests, and more than a quiet broker gets. */
const AT_ONCE_MAX = 8;

/**
 * Bounds how many requests are begun in one turn of the event loop; the others wait for a turn that all work shares.
 *
 * A request takes half a millisecond of the loop, and 400 connections may each have one ready in the same turn: together they held it for
 * 0.7 s. What a request does is not measured where it begins, since nearly all of it are continuations, so its first few are counted.
 * Decision: docs/decisions/0276.
 */
export class RequestTurns {
  #inTurn = 0;

  constructor(private readonly shareOf: (request: IncomingMessage) => TurnShare) {}

  serve(request: IncomingMessage, serve: () => void): void {
    if (this.#inTurn === 0) setImmediate(this.#nextTurn);
    if (++this.#inTurn <= AT_ONCE_MAX && !isLoopContended()) serve();
    else void this.#inSharedTurn(request, serve);
  }

  async #inSharedTurn(request: IncomingMessage, serve: () => void): Promise<void> {
    await sharedTurn(this.shareOf(request));
    // Nobody waits for the answer any more.
    if (!request.socket.destroyed) serve();
  }

  readonly #nextTurn = (): void => {
    this.#inTurn = 0;
  };
}
