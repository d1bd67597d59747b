import { readText } from './source-tree.js';

/** One word or phrase that ARCHITECTURE.md retires. */
export interface RetiredWord {
  /** The words in small letters, one or several. */
  words: string[];
  /** Marked with a star in the table: an ordinary English word, forbidden only as a part of a name. */
  inNamesOnly: boolean;
}

/** The "not" column of the table `| not | but |`. */
export function retiredWords(): RetiredWord[] {
  const [, rows = ''] = /^\| not \| but \|\n\|[-|]+\|\n((?:\|.*\n?)+)/m.exec(readText('ARCHITECTURE.md')) ?? [];
  return rows
    .split('\n')
    .flatMap((row) => row.split('|')[1]?.split(',') ?? [])
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '')
    .map((cell) => ({ words: cell.replace('*', '').split(' '), inNamesOnly: cell.endsWith('*') }));
}

/** `failedPositions`, `FAILED_POSITIONS` and `failed-positions` are the words failed and positions. */
export function wordsOfName(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** The retired word or phrase that a name holds, its words side by side. */
export function retiredInName(name: string, retired: readonly RetiredWord[]): string | undefined {
  const spaced = ` ${wordsOfName(name).join(' ')} `;
  return retired.map(({ words }) => words.join(' ')).find((phrase) => spaced.includes(` ${phrase} `));
}

/** Addresses are fixed on the wire, whatever words they are made of. */
const ADDRESS = /\/v1\/[\w{}:/-]+/g;

/** The retired words and phrases that a sentence holds, as whole words. */
export function retiredInProse(prose: string, retired: readonly RetiredWord[]): string[] {
  const words = prose.replace(ADDRESS, '');
  return retired
    .filter(({ inNamesOnly }) => !inNamesOnly)
    .map((one) => one.words.join(' '))
    .filter((phrase) => new RegExp(`\\b${phrase.replaceAll(' ', '\\s+')}s?\\b`, 'i').test(words));
}
