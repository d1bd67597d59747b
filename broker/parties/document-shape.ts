import { quotedName } from '../../proto/foreign-name.js';
import { isToken } from '../../proto/subject.js';
import { isMap } from '../../proto/values/is-map.js';
import { ownValue } from '../../proto/values/own-value.js';

/** Returns what is wrong with a value, undefined when nothing is. */
export type FieldCheck = (value: unknown) => string | undefined;
export type Shape = Record<string, { required?: boolean; check: FieldCheck }>;

/** A member of a document that breaks the shape, and in which way. */
export interface MemberFault {
  path: readonly string[];
  what: string;
}

/** Every fault of a document, with its path from `path` on. An unknown field is one. */
export function memberFaults(document: unknown, shape: Shape, path: readonly string[] = []): MemberFault[] {
  if (!isMap(document)) return [{ path, what: 'must be a map' }];
  const faults: MemberFault[] = Object.keys(document)
    .filter((field) => !Object.hasOwn(shape, field))
    .map((field) => ({ path: [...path, field], what: 'is not a known field' }));
  for (const [field, { required, check }] of Object.entries(shape)) {
    const value = ownValue(document, field);
    const isAbsent = value === undefined || value === null;
    const what = isAbsent ? (required ? 'is missing' : undefined) : check(value);
    if (what !== undefined) faults.push({ path: [...path, field], what });
  }
  return faults;
}

/** Every problem of a document as a text that begins with its path. */
export function shapeProblems(document: unknown, shape: Shape, path = ''): string[] {
  return memberFaults(document, shape).map(({ path: members, what }) => {
    const at = [...(path === '' ? [] : [path]), ...members.map(quotedName)].join('.');
    return `${at === '' ? 'document' : at}: ${what}`;
  });
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
