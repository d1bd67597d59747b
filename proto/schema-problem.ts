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
/** Characters of the allowed values that a message names; a code table may have thousands of values. */
const NAMED_CHARACTERS_MAX = 300;

/** Describes what a refused value must be. Quotes nothing of the value. */
export function schemaProblem({
  keyword,
  params,
  message,
}: Pick<ErrorObject, 'keyword' | 'params' | 'message'>): string {
  switch (keyword) {
    case 'type':
      return `must be ${[params.type].flat().map(typeName).join(' or ')}`;
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

const typeName = (type: string): string => TYPES[type] ?? type;

const unitOf = (keyword: string): string => (keyword.endsWith('Items') ? 'elements' : 'characters');

/** As many values as fit, the first at any rate, and how many there are besides. */
function oneOf(allowed: readonly unknown[]): string {
  const named: string[] = [];
  let characters = 0;
  for (const value of allowed.map(String)) {
    characters += value.length + ', '.length;
    if (characters > NAMED_CHARACTERS_MAX && named.length > 0) break;
    named.push(value.slice(0, NAMED_CHARACTERS_MAX));
  }
  const others = allowed.length - named.length;
  return `one of ${named.join(', ')}${others === 0 ? '' : ` and ${others} more`}`;
}
