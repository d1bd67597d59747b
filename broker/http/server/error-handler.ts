import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, SluiceError, toProblem } from '../../../proto/errors.js';
import { quotedName } from '../../../proto/foreign-name.js';
import { schemaProblem } from '../../../proto/schema-problem.js';
import { QuotaError } from '../../parties/quotas/quota-error.js';
import type { QuotaNotice } from '../../parties/quotas/quota-notice.js';
import { lawfulProblem } from './lawful-problem.js';

/** Clients that come back all at once after a failure would bring the next. */
const RETRY_AFTER_SECONDS = 1;

export interface ErrorHandlerOptions {
  isLawful: boolean;
  quotaNotice?: Pick<QuotaNotice, 'requestRefused'> | undefined;
}

/**
 * Answers everything that fails in a route, and every route that does not exist, with a problem document. With `isLawful`
 * each of them lists its problems, as the procedure does.
 */
export function addErrorHandler(app: FastifyInstance, { isLawful, quotaNotice }: ErrorHandlerOptions): void {
  app.setErrorHandler((error: FastifyError | SluiceError, request, reply) => {
    const known = knownError(error);
    if (known === undefined) request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    if (known instanceof QuotaError) quotaNotice?.requestRefused(known, request.caller?.party);
    const problem = toProblem(known ?? error);
    return sendProblem(reply, isLawful ? lawfulProblem(problem, request, error) : problem);
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const problem = toProblem(new SluiceError('NOT_FOUND', `${request.method} on this path is not known`));
    return sendProblem(reply, isLawful ? lawfulProblem(problem, request) : problem);
  });
}

/** Answers a request for whose address the framework finds no route, because it is malformed. The address is not repeated. */
export function refuseMalformedAddress(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  // The framework runs no hooks for such an answer.
  reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  void sendProblem(reply, toProblem(new SluiceError('BAD_REQUEST', 'the path of the request is malformed')));
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503 || problem.status === 429 || problem.status === 507) {
    reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).type('application/problem+json; charset=utf-8').send(problem);
}

/** An error of the framework as one of the bus; the framework's own messages may repeat what the client sent. */
function knownError(error: FastifyError | SluiceError): SluiceError | undefined {
  if (error instanceof SluiceError) return error;
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new SluiceError('UNSUPPORTED_MEDIA_TYPE', 'the content type is not supported here');
    case 'FST_ERR_VALIDATION':
      return new SluiceError('BAD_REQUEST', describeValidation(error));
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? new SluiceError('BAD_REQUEST', 'the request is malformed')
        : undefined;
  }
}

const PARTS: Record<string, string> = {
  querystring: 'the query',
  params: 'the path',
  body: 'the body',
  headers: 'the headers',
};

/** Where and what, never the value. */
function describeValidation(error: FastifyError): string {
  const [first] = error.validation ?? [];
  const context = error.validationContext ?? '';
  const part = PARTS[context] ?? 'the request';
  if (!first) return `${part} is malformed`;
  const path = first.instancePath.slice(1).replaceAll('/', '.');
  const at = (name: unknown): string => [path, quotedName(name)].filter(Boolean).join('.');
  if (first.keyword === 'required') return `${part}: ${at(first.params.missingProperty)} is missing`;
  if (first.keyword === 'additionalProperties') {
    return `${part}: ${at(first.params.additionalProperty)} is not a known field`;
  }
  const isAlternative = error.validation?.some(
    ({ keyword, instancePath }) => keyword === 'anyOf' && instancePath === first.instancePath,
  );
  const problem = isAlternative ? eitherOf(error.validation ?? [], first.instancePath) : schemaProblem(first);
  return path === '' ? `${part} ${problem}` : `${part}: ${path} ${problem}`;
}

/** All alternatives of a schema for a value: the first of them alone would mislead. */
function eitherOf(errors: NonNullable<FastifyError['validation']>, instancePath: string): string {
  const ofValue = errors.filter((one) => one.instancePath === instancePath && EXPECTATIONS.has(one.keyword));
  return [...new Set(ofValue.map(schemaProblem))].join(', or ');
}
const EXPECTATIONS = new Set(['type', 'format', 'enum']);
