import { isMap } from '../../../proto/values/is-map.js';
import type { ProfileDocument } from './profile-document.js';

/** A string of JSON, and the colon behind it where it is a key. */
const STRING = /("(?:[^"\\]|\\.)*")(\s*:)?/g;

/** The profile as JSON, its maps as maps again and in their order. */
export function profileJson(value: unknown, key?: string): string {
  if (key === 'map' && Array.isArray(value)) return jsonMap(value as [string, unknown][]);
  if (Array.isArray(value)) return `[${value.map((one) => profileJson(one)).join(',')}]`;
  return isMap(value) ? jsonMap(Object.entries(value)) : JSON.stringify(value);
}

const jsonMap = (pairs: readonly (readonly [string, unknown])[]): string =>
  `{${pairs.map(([name, one]) => `${JSON.stringify(name)}:${profileJson(one, name)}`).join(',')}}`;

/**
 * The document that `profileJson` wrote. An object would move keys that are whole numbers to its front, and the words of a map keep
 * their order: so a letter goes before each key until the keys have become pairs.
 */
export function profileOfJson(json: string): ProfileDocument {
  const marked = json.replace(STRING, (all, text: string, colon?: string) => (colon ? `"k${text.slice(1)}:` : all));
  return unmarked(JSON.parse(marked)) as ProfileDocument;
}

function unmarked(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) return value.map((one) => unmarked(one));
  if (!isMap(value)) return value;
  const pairs = Object.entries(value).map(([marked, one]) => {
    const name = marked.slice(1);
    return [name, unmarked(one, name)] as const;
  });
  return key === 'map' ? pairs : Object.fromEntries(pairs);
}
