import type { FastifyError, FastifyRequest } from 'fastify';
import { type Problem, problemDocument } from '../../../proto/errors.js';
import { pointerStep } from '../../../proto/json-pointer.js';
import { preferredLanguage } from './accept.js';
import { CHINESE_TITLES } from './chinese-titles.js';

/** Requirements on the text of an act, before it has a shape at all. */
const TEXT_CODES: readonly string[] = ['BAD_JSON', 'NOT_UTF8'];

/**
 * The problem document of a registered bus, where every refusal lists its problems with their place in the body. Text that
 * is no JSON is an act's body of the wrong shape. The title is in the language that the client likes most.
 */
export function lawfulProblem(problem: Problem, request: FastifyRequest, error?: Error): Problem {
  const isOfAct = request.routeOptions.config?.digestsBody === true;
  const shown = isOfAct && TEXT_CODES.includes(problem.code) ? problemDocument('BAD_REQUEST', problem.detail) : problem;
  const { code, detail: text, article, problems = [] } = shown;
  const language = preferredLanguage(request.headers['accept-language'], ['en', 'zh']);
  const title = (language === 'zh' && CHINESE_TITLES[code]) || shown.title;
  if (problems.length > 0) return { ...shown, title };
  const path = pathOf(error);
  return { ...shown, title, problems: [{ path, code, ...(article !== undefined && { article }), text }] };
}

/** JSON Pointer to the member that a schema of a route refuses; '' where it is none of a body. */
function pathOf(error: Partial<FastifyError> | undefined): string {
  const [first] = error?.validation ?? [];
  if (!first || error?.validationContext !== 'body') return '';
  const member = first.params.missingProperty ?? first.params.additionalProperty;
  if (typeof member !== 'string') return first.instancePath;
  return first.instancePath + pointerStep(member);
}
