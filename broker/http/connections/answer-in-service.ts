import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Connection → answer to the request that it has in service. */
const inService = new WeakMap<Socket, ServerResponse>();

export function beginAnswer(socket: Socket, answer: ServerResponse): void {
  inService.set(socket, answer);
}

/** Whether a part of an answer is out and its end is not: another one written now would be taken for its rest. */
export function isAmidAnswer(socket: Socket): boolean {
  const answer = inService.get(socket);
  return answer?.headersSent === true && !answer.writableFinished;
}
