import type { FastifyReply } from 'fastify';
import type { Lease } from '../../parties/leases.js';

/** Time in which a response may still end with its reason after its lease has ended; then the connection is dropped. */
const LAST_WORDS_MS = 500;

/**
 * Binds a lease to a response. However slowly the client reads or uploads, its connection is closed soon after the right
 * has ended, so that nothing that is still buffered for it arrives later.
 */
export function holdLease(reply: FastifyReply, lease: Lease): void {
  const response = reply.raw;
  const request = reply.request.raw;
  const { socket } = request;
  const drop = (): void => {
    if (!response.writableFinished || !request.complete) socket.destroy();
  };
  const onEnded = (): void => {
    setTimeout(drop, LAST_WORDS_MS).unref();
  };
  lease.signal.addEventListener('abort', onEnded, { once: true });
  response.once('close', () => {
    // An upload that is still being sent keeps its lease: the connection must not outlive the right.
    if (request.complete || request.destroyed) lease.release();
    else {
      request.once('close', () => lease.release());
      // A request whose response is over does not hear that its connection is cut.
      socket.once('close', () => lease.release());
    }
  });
}
