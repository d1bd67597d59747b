import { quotedName } from '../../proto/foreign-name.js';
import { isToken } from '../../proto/subject.js';
import { isMap } from '../../proto/values/is-map.js';

/** Returns what is wrong with a value, undefined when nothing is. */
export type FieldCheck = (value: unknown) => string | undefined;
export type Shape = Record<string, { required?: boolean; check: FieldCheck }>;

/** Every problem of a document, each with its path. An unknown field is a problem. */
export function shapeProblems(document: unknown, shape: Shape, path = ''): string[] {
  if (!isMap(document)) return [`${path === '' ? 'document' : path}: must be a map`];
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const problems = Object.keys(document)
    .filter((field) => !Object.hasOwn(shape, field))
    .map((field) => `${at(quotedName(field))}: is not a known field`);
  for (const [field, { required, check }] of Object.entries(shape)) {
    const value = document[field];
    if (value === undefined || value === null) {
      if (required) problems.push(`${at(field)}: is missing`);
      continue;
    }
    const problem = check(value);
    if (problem !== undefined) problems.push(`${at(field)}: ${problem}`);
  }
  return problems;
}

export const token: FieldCheck = (value) =>
  typeof value === 'string' && isToken(value)
    ? undefined
    : 'must be 1 to 64 of a-z, 0-9, - and _, beginning and ending with a letter or digit';

export const nonEmptyString: FieldCheck = (value) => {
  if (typeof value !== 'string') return 'must be a string';
  return value.trim() === '' ? 'must not be empty' : undefined;
};

export const booleanValue: FieldCheck = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');

/** A string, or one per language: `zh`, `en` or both. */
export const title: FieldCheck = (value) => {
  if (typeof value === 'string') return nonEmptyString(value);
  if (!isMap(value)) return 'must be a string or {zh, en}';
  const languages = Object.keys(value);
  if (languages.length === 0) return 'must be a string or {zh, en}';
  const unknown = languages.find((language) => language !== 'zh' && language !== 'en');
  if (unknown !== undefined) return 'may hold only zh and en';
  return Object.values(value).every((one) => nonEmptyString(one) === undefined)
    ? undefined
    : 'must hold strings that are not empty';
};

export const oneOf =
  (allowed: readonly string[]): FieldCheck =>
  (value) =>
    allowed.includes(value as string) ? undefined : `must be one of ${allowed.join(', ')}`;

/** A list of allowed values without duplicates. */
export const subsetOf =
  (allowed: readonly string[]): FieldCheck =>
  (value) => {
    if (!Array.isArray(value)) return `must be a list of ${allowed.join(', ')}`;
    if (new Set(value).size !== value.length) return 'lists a value twice';
    return value.every((one) => allowed.includes(one)) ? undefined : `must be a list of ${allowed.join(', ')}`;
  };
