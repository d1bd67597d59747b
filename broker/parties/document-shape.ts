import { quotedName } from '../../proto/foreign-name.js';
import { isToken } from '../../proto/subject.js';
import { isMap } from '../../proto/values/is-map.js';

/** Says what is wrong with a value, or nothing. */
export type FieldCheck = (value: unknown) => string | undefined;
export type Shape = Record<string, { required?: boolean; check: FieldCheck }>;

/** Every problem of a document, each with its path; a field that the shape does not know is one. */
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

export const text: FieldCheck = (value) => {
  if (typeof value !== 'string') return 'must be a text';
  return value.trim() === '' ? 'must not be empty' : undefined;
};

export const flag: FieldCheck = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');

/** A text, or one in Chinese or English or both. */
export const title: FieldCheck = (value) => {
  if (typeof value === 'string') return text(value);
  if (!isMap(value)) return 'must be a text or {zh, en}';
  const languages = Object.keys(value);
  if (languages.length === 0) return 'must be a text or {zh, en}';
  const unknown = languages.find((language) => language !== 'zh' && language !== 'en');
  if (unknown !== undefined) return 'knows only zh and en';
  return Object.values(value).every((one) => text(one) === undefined)
    ? undefined
    : 'must hold texts that are not empty';
};

export const oneOf =
  (allowed: readonly string[]): FieldCheck =>
  (value) =>
    allowed.includes(value as string) ? undefined : `must be one of ${allowed.join(', ')}`;

/** A list without repetition. */
export const someOf =
  (allowed: readonly string[]): FieldCheck =>
  (value) => {
    if (!Array.isArray(value)) return `must be a list of ${allowed.join(', ')}`;
    if (new Set(value).size !== value.length) return 'names something twice';
    return value.every((one) => allowed.includes(one)) ? undefined : `must be a list of ${allowed.join(', ')}`;
  };
