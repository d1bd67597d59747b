import { createHmac, hkdfSync } from 'node:crypto';
import type { MaskRule } from '../../../proto/entry/entry.js';

/** Takes a value as a string and returns the string that is delivered. */
export type StringTransform = (value: string) => string;

/** Shows `keepFirst` (default 1) and `keepLast` (default 0) characters, at most half of them; the rest become stars. */
export function maskWith(rule: MaskRule | undefined): StringTransform {
  return (value) => {
    const characters = Array.from(value);
    const { first, last } = shownOf(rule, characters.length);
    const hidden = characters.length - first - last;
    return characters.slice(0, first).join('') + '*'.repeat(hidden) + characters.slice(first + hidden).join('');
  };
}

/** Characters at the beginning and at the end that a rule shows of a value of that length. */
export function shownOf({ keepFirst, keepLast }: MaskRule = {}, length: number): { first: number; last: number } {
  const shownMax = Math.floor(length / 2);
  const first = Math.min(keepFirst ?? 1, shownMax);
  return { first, last: Math.min(keepLast ?? 0, shownMax - first) };
}

/** HMAC-SHA-256 in lower-case hex under a key derived for this grant: equal values stay equal inside a grant and are unrelated between grants. */
export function hashFor(secret: string, grantId: string): StringTransform {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `sluice/hash/${grantId}`, 32));
  return (value) => createHmac('sha256', key).update(value, 'utf8').digest('hex');
}

/** The year of an ISO date or date-time: four digits. */
export const yearOf: StringTransform = (value) => value.slice(0, 4);
