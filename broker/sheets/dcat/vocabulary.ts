/** Prefixes that mean this in every file, whatever its context says. */
export const PREFIXES = {
  dct: 'http://purl.org/dc/terms/',
  dcat: 'http://www.w3.org/ns/dcat#',
  foaf: 'http://xmlns.com/foaf/0.1/',
  vcard: 'http://www.w3.org/2006/vcard/ns#',
  owl: 'http://www.w3.org/2002/07/owl#',
  csvw: 'http://www.w3.org/ns/csvw#',
  sluice: 'urn:sluice:entry#',
} as const;

/** Every prefix that is read, with its address: `dcterms:` is `dct:`. */
const READ_PREFIXES: readonly (readonly [prefix: string, fixed: string, address: string])[] = [
  ...Object.entries(PREFIXES).map(([prefix, address]) => [prefix, prefix, address] as const),
  ['dcterms', 'dct', PREFIXES.dct],
];

/** The name of a property as this program writes it: a full address and `dcterms:title` become `dct:title`. */
export function prefixedName(name: string): string {
  for (const [prefix, fixed, address] of READ_PREFIXES) {
    if (name.startsWith(address)) return `${fixed}:${name.slice(address.length)}`;
    if (prefix !== fixed && name.startsWith(`${prefix}:`)) return `${fixed}:${name.slice(prefix.length + 1)}`;
  }
  return name;
}

/** Prefix to which a context gives another meaning than its fixed one. */
export function redefinedPrefix(context: Record<string, unknown>): string | undefined {
  for (const [prefix, , address] of READ_PREFIXES) {
    if (!Object.hasOwn(context, prefix)) continue;
    const given = context[prefix];
    const meaning = typeof given === 'object' && given !== null ? (given as Record<string, unknown>)['@id'] : given;
    if (typeof meaning !== 'string' || prefixedName(meaning) !== prefixedName(address)) return prefix;
  }
  return undefined;
}

/** A word of a vocabulary: the last part of its address, or the text itself. */
export const lastPart = (text: string): string => text.replace(/[/#]+$/, '').replace(/^.*[/#:]/s, '');

/** Words of a property with their values; the first word of a value is what an export writes. */
export type Vocabulary = readonly (readonly [word: string, value: string])[];

export const ACCESS_RIGHTS: Vocabulary = [
  ['PUBLIC', 'unconditional'],
  ['RESTRICTED', 'conditional'],
  ['NON_PUBLIC', 'not_shared'],
];
export const ACCESS_RIGHTS_ADDRESS = 'http://publications.europa.eu/resource/authority/access-right/';

export const FREQUENCIES: Vocabulary = [
  ['CONT', 'real_time'],
  ['UPDATE_CONT', 'real_time'],
  ['DAILY', 'daily'],
  ['WEEKLY', 'weekly'],
  ['MONTHLY', 'monthly'],
  ['QUARTERLY', 'quarterly'],
  ['ANNUAL_2', 'half_yearly'],
  ['ANNUAL', 'yearly'],
  ['IRREG', 'irregular'],
  ['NEVER', 'none'],
  ['OTHER', 'other'],
];
export const FREQUENCIES_ADDRESS = 'http://publications.europa.eu/resource/authority/frequency/';

export const COLUMNS_OF_ITEMS = 'dcat:distribution / csvw:tableSchema / csvw:column';
