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
  },
  required: ['type', 'title', 'status', 'code', 'detail'],
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
