import type { FastifyReply } from 'fastify';

/** Calls `release` when the response is sent or its connection gone; at once when that has happened already. */
export function onClosed(reply: FastifyReply, release: () => void): void {
  if (reply.raw.closed) release();
  else reply.raw.once('close', release);
}
