import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, SluiceError, toProblem } from '../../../proto/errors.js';
import { quotedName } from '../../../proto/foreign-name.js';
import { schemaProblem } from '../../../proto/schema-problem.js';
import { bodyBytesMax } from './body-parsers.js';

/** Clients that come back all at once after a failure would bring the next. */
const RETRY_AFTER_SECONDS = 1;

/** Everything that fails in a route, and every route that does not exist, answers with problem+json. */
export function addErrorHandler(app: FastifyInstance, { maxEventBytes }: { maxEventBytes: number }): void {
  app.setErrorHandler((error: FastifyError | SluiceError, request, reply) => {
    const known = knownError(error, () => bodyBytesMax(request, maxEventBytes));
    if (known === undefined) request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return sendProblem(reply, toProblem(known ?? error));
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) =>
    sendProblem(reply, toProblem(new SluiceError('NOT_FOUND', `${request.method} on this path is not known`))),
  );
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503 || problem.status === 429 || problem.status === 507) {
    reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).type('application/problem+json; charset=utf-8').send(problem);
}

/** Errors of the framework in our words; its own messages may repeat what the client sent. */
function knownError(error: FastifyError | SluiceError, bytesMax: () => number): SluiceError | undefined {
  if (error instanceof SluiceError) return error;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new SluiceError('TOO_LARGE', `the body has more than the ${bytesMax()} bytes that are allowed here`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new SluiceError('UNSUPPORTED_MEDIA_TYPE', 'the content type is not supported here');
    case 'FST_ERR_VALIDATION':
      return new SluiceError('BAD_REQUEST', validationWords(error));
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? new SluiceError('BAD_REQUEST', 'the request is malformed')
        : undefined;
  }
}

const PLACES: Record<string, string> = {
  querystring: 'the query',
  params: 'the path',
  body: 'the body',
  headers: 'the headers',
};

/** Where and what, never the value. */
function validationWords(error: FastifyError): string {
  const [first] = error.validation ?? [];
  const context = error.validationContext ?? '';
  const where = PLACES[context] ?? 'the request';
  if (!first) return `${where} is malformed`;
  const path = first.instancePath.slice(1).replaceAll('/', '.');
  const at = (name: unknown): string => [path, quotedName(name)].filter(Boolean).join('.');
  if (first.keyword === 'required') return `${where}: ${at(first.params.missingProperty)} is missing`;
  if (first.keyword === 'additionalProperties') {
    return `${where}: ${at(first.params.additionalProperty)} is not a known field`;
  }
  return path === '' ? `${where} ${schemaProblem(first)}` : `${where}: ${path} ${schemaProblem(first)}`;
}
