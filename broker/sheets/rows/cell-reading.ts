import type { LegalBasis } from '../../../proto/entry/entry.js';
import { type Column, LIST_FIELDS, type WordMap } from '../profiles/profile.js';
import { type Cell, isFlaw } from '../reading/table.js';
import { comparable, trimmed } from '../reading/text-form.js';
import type { Fault, Reading } from './sheet-entry.js';

const LIST_SEPARATORS = /[、，；,;]/;
const BASIS_SEPARATORS = /[；;\n]/;
const BASIS_PART_SEPARATORS = /[|｜]/;
/** Separators between a number and the word of its value. */
const NUMBERED = /^(\d+)[\s\-–—−.:)、]*(.*)$/su;

export type CellFault = Pick<Fault, 'result' | 'text' | 'code' | 'article'>;

const EMPTY: Reading = { kind: 'empty' };
const FAULTY: Reading = { kind: 'faulty' };

/** Value of a cell by its column, and the line of the report that it makes by itself. */
export function readCell(cell: Cell, column: Column): { reading: Reading; fault?: CellFault } {
  if (isFlaw(cell)) return { reading: FAULTY, fault: { result: 'problem', text: `the cell ${cell.flaw}` } };
  if (cell === undefined) return { reading: column.field === 'secret' ? { kind: 'value', value: false } : EMPTY };
  const refused = refusedWord(cell, column);
  if (refused) return { reading: FAULTY, fault: refused };
  return { reading: readText(cell, column) };
}

function refusedWord(cell: string, { refuse = [] }: Column): CellFault | undefined {
  const text = comparable(cell);
  const word = refuse.find((one) => text.startsWith(comparable(one)));
  if (word === undefined) return undefined;
  const isCore = comparable(word).startsWith('核心') || comparable(word) === 'core';
  return isCore
    ? { result: 'refused', code: 'CORE_DATA', article: 'R34', text: 'core data is not shared over this bus' }
    : { result: 'refused', code: 'SECRET_ITEM', article: 'R3', text: 'secret data is not shared over this bus' };
}

function readText(cell: string, column: Column): Reading {
  const { field, map } = column;
  if (field === 'legalBasis') return readBases(cell, column);
  if (LIST_FIELDS.has(field)) return readList(cell, column);
  if (field === 'conditions.range' && /^[无/]$/.test(comparable(cell))) return EMPTY;
  if (!map) return WHOLE_NUMBERS.has(field) ? readNumber(cell) : { kind: 'value', value: cell };
  const found = lookUp(cell, map);
  return found === undefined ? outside(cell) : { kind: 'value', value: found };
}

/** Fields that are whole numbers, of an entry and of an item. The length of an item is none: what it means depends on its type. */
const WHOLE_NUMBERS: ReadonlySet<string> = new Set([
  'retentionDays',
  'disposalRequirement.withinDays',
  'minLength',
  'maskRule.keepFirst',
  'maskRule.keepLast',
  ...['D3', 'D4', 'D6', 'D7'].map((clock) => `promisedDays.${clock}`),
]);

function readNumber(cell: string): Reading {
  const digits = comparable(cell);
  return /^\d{1,9}$/.test(digits) ? { kind: 'value', value: Number(digits) } : outside(cell);
}

const outside = (cell: string): Reading => ({
  kind: 'outside',
  text: `${JSON.stringify([...cell].slice(0, 40).join(''))} is no value of the column`,
});

function readList(cell: string, { map, ignore = [] }: Column): Reading {
  const parts = cell.split(LIST_SEPARATORS).map(trimmed).filter(Boolean);
  const ignored = new Set(ignore.map(comparable));
  const named = parts.filter((part) => !ignored.has(comparable(part)));
  const values = named.map((part) => (map ? lookUp(part, map) : part));
  if (values.includes(undefined)) return outside(cell);
  return values.length === 0 ? EMPTY : { kind: 'value', value: [...new Set(values)] };
}

function readBases(cell: string, { map }: Column): Reading {
  const bases = cell.split(BASIS_SEPARATORS).map(trimmed).filter(Boolean);
  const values: LegalBasis[] = [];
  for (const basis of bases) {
    const [rank = '', title = '', ...article] = basis.split(BASIS_PART_SEPARATORS).map(trimmed);
    const value = map ? lookUp(rank, map) : rank;
    if (value === undefined) return outside(cell);
    values.push({
      rank: value as NonNullable<LegalBasis['rank']>,
      ...(title !== '' && { title }),
      ...(article.length > 0 && article.join('|') !== '' && { article: article.join('|') }),
    });
  }
  return values.length === 0 ? EMPTY : { kind: 'value', value: values };
}

/** The value of a word, of its number, or of both. Undefined: the map does not have it. */
export function lookUp(cell: string, map: WordMap): string | boolean | undefined {
  const words = canonicalMap(map);
  const text = comparable(cell);
  const whole = words.get(withoutZeros(text));
  if (whole !== undefined) return whole;
  const [, number, word = ''] = NUMBERED.exec(text) ?? [];
  if (number === undefined) return undefined;
  const byNumber = words.get(withoutZeros(number));
  return byNumber !== undefined && byNumber === words.get(word) ? byNumber : undefined;
}

const withoutZeros = (text: string): string => (/^\d+$/.test(text) ? text.replace(/^0+(?=\d)/, '') : text);

const canonical = new WeakMap<object, Map<string, string | boolean>>();

function canonicalMap(map: WordMap): Map<string, string | boolean> {
  const known = canonical.get(map);
  if (known) return known;
  const words = new Map(map.map(([word, value]) => [withoutZeros(comparable(word)), value]));
  canonical.set(map, words);
  return words;
}
