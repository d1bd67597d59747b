import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Login } from '../../gateway/admission/login.js';
import { actorOf } from '../../parties/caller.js';
import type { Leases } from '../../parties/leases/leases.js';
import { holdLease } from '../server/hold-lease.js';
import { onClosed } from '../server/on-closed.js';
import { AnswerBudget, type HeldAnswer } from './answer-budget.js';

/** Smaller answers are not counted: 500 connections have 16 MiB of them at most. */
const SMALL_BYTES = 32 * 1024;
/** Counted for an answer of such a route while it is made. */
const RESERVED_BYTES = { list: 2 * 1024 * 1024, audit: 8 * 1024 * 1024 };
/** Bytes of officers, of audits, and of those without a credential, at one time each; systems have more. */
const OTHERS_BYTES_MAX = 16 * 1024 * 1024;

export interface AnswerBoundsDeps {
  /** For lists of systems and for pages of events together, whoever reads them. */
  answerBudget: AnswerBudget;
  login: Pick<Login, 'addressOf'>;
  leases: Leases;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The answer is read from the store or from a thread, so that many of them could be made at one time: they are made a few at a time. An
     * audit reads more than a list. Absent: the answer is small, or made in one turn of the event loop.
     */
    answer?: keyof typeof RESERVED_BYTES;
  }
  interface FastifyRequest {
    heldAnswer: HeldAnswer | undefined;
  }
}

/**
 * Counts every answer that is not small from when it is made until it was taken, whatever its route. Officers have a budget of their own,
 * so that systems that fill theirs do not keep them out, and so have those without a credential, by address. To be called before
 * authentication is added, which checks the right of the caller again after the wait for a turn.
 */
export function addAnswerBounds(app: FastifyInstance, { answerBudget, login, leases }: AnswerBoundsDeps): void {
  const budgets = {
    system: answerBudget,
    officer: new AnswerBudget({ bytesMax: OTHERS_BYTES_MAX }),
    nobody: new AnswerBudget({ bytesMax: OTHERS_BYTES_MAX }),
    // Their callers wait for one another instead of being refused.
    audit: new AnswerBudget({ bytesMax: 2 * OTHERS_BYTES_MAX, buildingMax: 1 }),
  };
  const budgetOf = ({ caller, routeOptions }: FastifyRequest): AnswerBudget =>
    routeOptions.config.answer === 'audit' ? budgets.audit : budgets[caller?.kind ?? 'nobody'];
  const readerOf = ({ caller, raw }: FastifyRequest): string => (caller ? actorOf(caller) : login.addressOf(raw));
  app.decorateRequest('heldAnswer', undefined);
  app.addHook('preHandler', async (request, reply) => {
    const { answer } = request.routeOptions.config;
    if (answer === undefined) return;
    const held = await budgetOf(request).reserve(readerOf(request), RESERVED_BYTES[answer]);
    onClosed(reply, held.release);
    request.heldAnswer = held;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { heldAnswer } = request;
    heldAnswer?.built();
    const bytes = bytesOf(payload);
    if (bytes === undefined || bytes <= SMALL_BYTES) {
      if (bytes !== undefined) heldAnswer?.holds(bytes);
      return payload;
    }
    // The refusal must not be kept as the answer would be.
    const kept = { 'cache-control': reply.getHeader('cache-control'), etag: reply.getHeader('etag') };
    for (const name of Object.keys(kept)) reply.removeHeader(name);
    holdRight(request, reply, leases);
    if (heldAnswer) heldAnswer.holds(bytes);
    else onClosed(reply, budgetOf(request).hold(readerOf(request), bytes).release);
    for (const [name, value] of Object.entries(kept)) if (value !== undefined) reply.header(name, value);
    return payload;
  });
}

/** An answer that a system takes slowly ends with its token, as one to an officer ends with the office. Throws NOT_AUTHENTICATED. */
function holdRight(request: FastifyRequest, reply: FastifyReply, leases: Leases): void {
  const { caller, credential } = request;
  if (caller?.kind !== 'system' || credential === undefined) return;
  holdLease(reply, leases.take(leases.credential(caller, credential)));
}

/** Undefined for a stream, which is made as it is taken: it counts with what its route has reserved. */
function bytesOf(payload: unknown): number | undefined {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return payload instanceof Uint8Array ? payload.length : undefined;
}
