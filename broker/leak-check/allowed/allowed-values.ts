import { createHmac, hkdfSync } from 'node:crypto';
import type { Item } from '../../../proto/entry/entry.js';
import type { Transform } from '../../../proto/entry/grant.js';
import type { ItemValue } from '../../../proto/event/event.js';

/** Returns a granted value as it is delivered; a list is transformed element by element. */
export function transformed(
  value: ItemValue,
  transform: Transform | undefined,
  item: Item,
  key: { secret: string; grant: string },
): ItemValue {
  if (transform === undefined) return value;
  if (Array.isArray(value)) return value.map((one) => transformed(one, transform, item, key));
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (transform === 'mask') return masked(text, item.maskRule?.keepFirst ?? 1, item.maskRule?.keepLast ?? 0);
  if (transform === 'year') return text.slice(0, 4);
  return hashed(text, key);
}

function masked(text: string, keepFirst: number, keepLast: number): string {
  const characters = [...text];
  const half = Math.floor(characters.length / 2);
  const first = Math.min(keepFirst, half);
  const last = Math.min(keepLast, half - first);
  return characters
    .map((character, index) => (index < first || index >= characters.length - last ? character : '*'))
    .join('');
}

export function hashed(text: string, { secret, grant }: { secret: string; grant: string }): string {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', `sluice/hash/${grant}`, 32));
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}
