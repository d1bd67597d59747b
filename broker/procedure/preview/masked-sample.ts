import type { ItemField } from '../../../proto/entry/item-field.js';

/** Shorter values are hidden whole: half of a sex or of a short code says all of it. */
const SHOWN_LENGTH_MIN = 4;
/** The number of stars says nothing about longer values. */
const STARS_MAX = 8;
/** Types with so few values that one character tells them apart. */
const HIDDEN_TYPES: readonly string[] = ['boolean', 'code', 'object'];

/** A value as a reviewer sees it: its first character at most. Absent and empty values stay visible as such. */
export function maskedValue(value: unknown, { type }: Pick<ItemField, 'type'>): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (Array.isArray(value)) return value.map((one) => maskedValue(one, { type }) ?? '').join(', ');
  const characters = Array.from(typeof value === 'object' ? JSON.stringify(value) : String(value));
  const stars = '*'.repeat(Math.min(Math.max(characters.length - 1, 1), STARS_MAX));
  if (characters.length < SHOWN_LENGTH_MIN || HIDDEN_TYPES.includes(type)) return stars;
  return `${characters[0]}${stars}`;
}

/** The granted items of one record, each masked. */
export function maskedSample(
  data: Readonly<Record<string, unknown>>,
  fields: readonly ItemField[],
): Record<string, string | null> {
  return Object.fromEntries(fields.map((field) => [field.name, maskedValue(data[field.name], field)]));
}
