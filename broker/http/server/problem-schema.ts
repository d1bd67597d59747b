import { ERROR_KINDS } from '../../../proto/errors.js';

/** RFC 9457 problem document, shared by all routes as `problem#`. */
export const PROBLEM_SCHEMA = {
  $id: 'problem',
  title: 'Problem',
  description: 'What went wrong (RFC 9457). `code` is stable, the texts are not.',
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERROR_KINDS) },
    detail: { type: 'string' },
    event: { type: 'string' },
    entry: { type: 'string' },
    item: { type: 'string' },
    grant: { type: 'string' },
    line: { type: 'integer' },
    earliest: { type: 'integer' },
    article: { type: 'string', description: 'article of the Regulation behind the refusal' },
    problems: {
      description: 'everything that is wrong; of the lawful procedure each with its place in the body',
      type: 'array',
      items: {
        anyOf: [
          { type: 'string' },
          {
            type: 'object',
            properties: {
              path: { type: 'string' },
              code: { type: 'string' },
              article: { type: 'string' },
              text: { type: 'string' },
            },
            required: ['path', 'code', 'text'],
          },
        ],
      },
    },
    current: { type: 'object', description: 'with STALE: the file as it is now', additionalProperties: true },
    links: { type: 'object', description: 'where to go on', additionalProperties: { type: 'string' } },
  },
  required: ['type', 'title', 'status', 'code', 'detail'],
  examples: [
    {
      type: 'urn:sluice:error:INCOMPLETE',
      title: 'Something that the act needs is missing',
      status: 422,
      code: 'INCOMPLETE',
      detail: '/period: is missing',
      article: 'R20',
      problems: [{ path: '/period', code: 'INCOMPLETE', article: 'R20', text: 'is missing' }],
    },
  ],
} as const;

const problem = (description: string): object => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: 'problem#' } } },
});

/** The answers that every route may give when it fails. */
export const PROBLEMS = {
  '4xx': problem('The request cannot succeed as it is'),
  '5xx': problem('The broker could not do it; the code says whether to retry'),
};
