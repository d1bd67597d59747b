import { isItemName } from '../../../proto/entry/entry.js';
import { nameKey } from '../../catalog/document/compatibility.js';
import { PINYIN_READINGS } from './pinyin-readings.js';

/** A made name leaves characters free for the number that distinguishes it from equal ones. */
const MADE_CHARACTERS_MAX = 60;

let readings: Map<string, string> | undefined;

function readingOf(character: string): string {
  if (/^[A-Za-z0-9]$/.test(character)) return character;
  readings ??= readingsByCharacter();
  return readings.get(character) ?? '';
}

function readingsByCharacter(): Map<string, string> {
  const byCharacter = new Map<string, string>();
  for (const line of PINYIN_READINGS) {
    for (const [, reading = '', characters = ''] of line.matchAll(/([a-z]+)([^a-z]+)/g)) {
      for (const character of characters) byCharacter.set(character, reading);
    }
  }
  return byCharacter;
}

/** The name that an item with this title gets, before it gets a number: `身份证号` → `shenfenzhenghao`. */
export function pinyinName(title: string): string {
  const name = [...title].map(readingOf).join('');
  return (/^[A-Za-z]/.test(name) ? name : `item${name}`).slice(0, MADE_CHARACTERS_MAX);
}

/** Tells names apart as the catalog does: case and underscores do not count. */
export class TakenNames {
  readonly #keys = new Set<string>();

  add(name: string): void {
    this.#keys.add(nameKey(name));
  }

  /** The made name, with `_2`, `_3` and so on behind it where others are like it. */
  take(made: string): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? made : `${made}_${number}`;
      if (this.#keys.has(nameKey(name)) || !isItemName(name)) continue;
      this.add(name);
      return name;
    }
  }
}
