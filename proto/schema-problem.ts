import type { ErrorObject } from 'ajv';

const TYPES: Record<string, string> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};
const FORMATS: Record<string, string> = {
  date: 'a date like 2026-11-22',
  'date-time': 'an RFC 3339 date-time with a zone',
};
/** Allowed values named in a message; a code table may have thousands. */
const VALUES_NAMED_MAX = 10;

/** Describes what a refused value must be. Quotes nothing of the value. */
export function schemaProblem({
  keyword,
  params,
  message,
}: Pick<ErrorObject, 'keyword' | 'params' | 'message'>): string {
  switch (keyword) {
    case 'type':
      return `must be ${TYPES[params.type] ?? params.type}`;
    case 'format':
      return `must be ${FORMATS[params.format] ?? params.format}`;
    case 'enum':
      return `must be ${oneOf(params.allowedValues)}`;
    case 'minLength':
    case 'minItems':
      return params.limit === 1 ? 'must not be empty' : `must have at least ${params.limit} ${unitOf(keyword)}`;
    case 'maxLength':
    case 'maxItems':
      return `must have at most ${params.limit} ${unitOf(keyword)}`;
    case 'required':
      return `has no ${params.missingProperty}`;
    default:
      return message ?? 'is malformed';
  }
}

const unitOf = (keyword: string): string => (keyword.endsWith('Items') ? 'elements' : 'characters');

function oneOf(allowed: readonly unknown[]): string {
  return allowed.length > VALUES_NAMED_MAX ? `one of ${allowed.length} allowed values` : `one of ${allowed.join(', ')}`;
}
