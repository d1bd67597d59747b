import type { FastifyReply } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import type { LoggedIn, Login } from '../../gateway/admission/login.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { Lease, LeaseCondition } from '../../parties/leases/leases.js';

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
    lease.lastByteSent();
    // An upload that is still being sent keeps its lease: the connection must not outlive the right.
    if (request.complete || request.destroyed) lease.release();
    else {
      request.once('close', () => lease.release());
      // A request whose response is over does not hear that its connection is cut.
      socket.once('close', () => lease.release());
    }
  });
}

/** The right of an officer to go on with what was begun: ends with the token, an office or role, and the contract. */
export function officeCondition(
  login: Pick<Login, 'again'>,
  { id, party, roles, contract }: OfficerCaller,
  { credential, endsAtMs }: Pick<LoggedIn, 'credential' | 'endsAtMs'>,
): LeaseCondition {
  const requireStanding = (): void => {
    if (endsAtMs !== undefined && endsAtMs <= Date.now()) throw withdrawn('the token is over');
    const owner = login.again({ credential });
    const isSame = owner.kind === 'officer' && owner.id === id && owner.party === party;
    if (!isSame || roles.some((role) => !owner.roles.includes(role))) throw withdrawn('the office has changed');
  };
  return {
    records: [`officer:${id}`, ...(contract === undefined ? [] : [`contract:${contract}`])],
    endsByTime: endsAtMs !== undefined || contract !== undefined,
    ended: () => {
      try {
        requireStanding();
        return undefined;
      } catch (error) {
        return error as SluiceError;
      }
    },
  };
}

const withdrawn = (why: string): SluiceError => new SluiceError('NOT_AUTHENTICATED', why);
