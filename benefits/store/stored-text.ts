/**
 * PostgreSQL has no NUL in texts, and no half of a surrogate pair in jsonb, but records may have both. They are stored as a private-use
 * character with a second one behind it, and read back as they were.
 */
const ESCAPE = '\ue000';
const NUL = '\ue002';
const SURROGATE = '\ue003';
const UNSTORABLE = /[\0\ue000]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPED = /\ue000(?:\ue001|\ue002|\ue003([0-9a-f]{4}))/g;

export const storedText = (text: string): string =>
  text.replace(UNSTORABLE, (character) => {
    if (character === ESCAPE) return `${ESCAPE}\ue001`;
    return character === '\0' ? ESCAPE + NUL : ESCAPE + SURROGATE + character.charCodeAt(0).toString(16);
  });

export const readText = (text: string): string =>
  text.replace(ESCAPED, (escaped, surrogate: string | undefined) => {
    if (surrogate !== undefined) return String.fromCharCode(Number.parseInt(surrogate, 16));
    return escaped.endsWith(NUL) ? '\0' : ESCAPE;
  });

/** The JSON of a value whose strings, and keys, PostgreSQL can store. */
export function storedJson(value: unknown): string {
  const json = JSON.stringify(value);
  // JSON.stringify escapes control characters and halves of surrogate pairs, and nothing else, as \u.
  return json.includes('\\u') || json.includes(ESCAPE) ? JSON.stringify(mapStrings(value, storedText)) : json;
}

export function readJson<Value>(json: string): Value {
  const value: unknown = JSON.parse(json);
  return (json.includes(ESCAPE) ? mapStrings(value, readText) : value) as Value;
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((one) => mapStrings(one, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [map(key), mapStrings(one, map)]));
}
