import { halfPairPaths } from '../../../proto/i-json.js';
import { isMap } from '../../../proto/values/is-map.js';
import { isDeeperThan } from '../../../proto/values/json-scan.js';
import { repeatedKeyIn } from '../../../proto/values/repeated-key.js';
import { UnusableFileError } from '../reading/table.js';
import { trimmed } from '../reading/text-form.js';
import { prefixedName, redefinedPrefix } from './vocabulary.js';

/** A node, its properties under their prefixed names. */
export type Node = Record<string, unknown>;

/** A catalog nests some ten levels; what follows values by recursion stays far from the end of the stack. */
const DEPTH_MAX = 128;

/** Parses a file of JSON-LD. Throws UnusableFileError for what is no JSON in UTF-8, and for a prefix with another meaning. */
export function parseJsonLd(bytes: Uint8Array): Graph {
  if (isDeeperThan(bytes, DEPTH_MAX)) throw new UnusableFileError(`the file is nested deeper than ${DEPTH_MAX} levels`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnusableFileError('the file is not JSON-LD: it is not UTF-8', { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UnusableFileError('the file is not JSON-LD: it is not JSON', { cause });
  }
  requireInterchangeable(text, value);
  return new Graph(value);
}

/** As in every other JSON that comes in (RFC 7493): a key is there once, and no text has half a surrogate pair. Throws UnusableFileError. */
function requireInterchangeable(text: string, value: unknown): void {
  const twice = repeatedKeyIn(text);
  if (twice !== undefined) throw new UnusableFileError(`the key ${twice} is there twice`);
  const [half] = halfPairPaths(value);
  if (half !== undefined) throw new UnusableFileError(`${half || 'the file'} is not well-formed Unicode`);
}

/**
 * The nodes of a document. Only the fixed prefixes count: no remote context is fetched, and terms of a context in the file
 * are not read but for its `@language`. Nodes that are referred to are found by their `@id`, wherever they stand.
 */
export class Graph {
  /** Nodes at the top: of the document, of a list, or of `@graph`. */
  readonly roots: Node[];
  /** A list or a graph without any element. */
  readonly isEmpty: boolean;
  readonly #byId = new Map<string, Node[]>();

  constructor(document: unknown) {
    const top = this.#normal(document, undefined);
    const isGraph = isMap(top) && top['@graph'] !== undefined;
    const elements = flat(isGraph ? top['@graph'] : top);
    this.roots = elements.filter(isMap);
    this.isEmpty = elements.length === 0;
    if (isGraph && Object.keys(top).some((name) => !name.startsWith('@'))) this.roots.unshift(top);
  }

  /** Values of a property; undefined where it does not stand at the node, or at another with its `@id`. */
  values(node: Node, property: string): unknown[] | undefined {
    const holder = [node, ...this.#others(node)].find((one) => Object.hasOwn(one, property));
    return holder && flat(holder[property]).filter((one) => one !== null && one !== undefined);
  }

  /** Nodes of a property, embedded or referred to. */
  nodes(node: Node, property: string): Node[] {
    const found = (this.values(node, property) ?? []).map((value) => this.node(value));
    return found.filter((one) => one !== undefined);
  }

  /** A node that is embedded, or whose address stands there as a text. */
  node(value: unknown): Node | undefined {
    if (isMap(value)) return Object.hasOwn(value, '@value') ? this.node(value['@value']) : value;
    return typeof value === 'string' ? this.#byId.get(prefixedName(value))?.[0] : undefined;
  }

  isOf(node: Node, type: string): boolean {
    return [node, ...this.#others(node)].some((one) => flat(one['@type']).includes(type));
  }

  #others(node: Node): readonly Node[] {
    const id = node['@id'];
    return typeof id === 'string' ? (this.#byId.get(prefixedName(id)) ?? []) : [];
  }

  #normal(value: unknown, outer: string | undefined): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#normal(one, outer));
    if (typeof value === 'string') return outer === undefined ? value : { '@value': value, '@language': outer };
    if (!isMap(value) || Object.hasOwn(value, '@value')) return value;
    const language = languageOf(value['@context'], outer);
    const node: Node = Object.create(null) as Node;
    for (const [key, one] of Object.entries(value)) {
      if (key === '@context') continue;
      const name = prefixedName(key);
      const normal = this.#member(name, one, language);
      node[name] = name in node ? [...flat(node[name]), ...flat(normal)] : normal;
    }
    this.#remember(node);
    return node;
  }

  /** JSON of a field of an entry is nobody's node. */
  #member(name: string, value: unknown, language: string | undefined): unknown {
    if (name.startsWith('sluice:')) return value;
    if (name === '@type') return flat(value).map((one) => (typeof one === 'string' ? prefixedName(one) : one));
    return this.#normal(value, name.startsWith('@') && name !== '@graph' && name !== '@list' ? undefined : language);
  }

  #remember(node: Node): void {
    const id = node['@id'];
    if (typeof id !== 'string' || Object.keys(node).length < 2) return;
    const known = this.#byId.get(prefixedName(id));
    if (known) known.push(node);
    else this.#byId.set(prefixedName(id), [node]);
  }
}

/** Language of plain texts under a context. Throws UnusableFileError for a fixed prefix that gets another meaning. */
function languageOf(context: unknown, outer: string | undefined): string | undefined {
  let language = outer;
  for (const one of flat(context)) {
    if (one === null) language = undefined;
    if (!isMap(one)) continue;
    const prefix = redefinedPrefix(one);
    if (prefix !== undefined) {
      throw new UnusableFileError(`the context of the file gives the prefix ${prefix} another meaning`);
    }
    if (Object.hasOwn(one, '@language')) language = typeof one['@language'] === 'string' ? one['@language'] : undefined;
  }
  return language;
}

/** The elements of a list, a set or an array; a single value is one element. */
export function flat(value: unknown): unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(flat);
  if (isMap(value)) {
    if (Object.hasOwn(value, '@list')) return flat(value['@list']);
    if (Object.hasOwn(value, '@set')) return flat(value['@set']);
  }
  return [value];
}

/** Text of a literal, or the address of a node; undefined for an empty one and for what is neither. */
export function literalText(value: unknown): string | undefined {
  if (typeof value === 'string') return trimmed(value) || undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!isMap(value)) return undefined;
  return literalText(value['@value'] ?? value['@id'] ?? undefined);
}

/** Texts by language. `zh-CN` and no language are Chinese; other languages than Chinese and English are not read. */
export function textsByLanguage(values: readonly unknown[]): { zh?: string; en?: string } {
  const texts: { zh?: string; en?: string } = {};
  const add = (language: string, value: unknown): void => {
    const [, which] = /^(zh|en)(?:-|$)/i.exec(language) ?? [];
    const text = literalText(value);
    if (which !== undefined && text !== undefined) texts[which.toLowerCase() as 'zh'] ??= text;
  };
  for (const value of values) {
    if (isLanguageMap(value))
      for (const [language, of] of Object.entries(value)) for (const one of flat(of)) add(language, one);
    else add(isMap(value) && typeof value['@language'] === 'string' ? value['@language'] : 'zh', value);
  }
  return texts;
}

/** `{"zh": "…", "en": "…"}`, as contexts with `"@container": "@language"` allow it. */
const isLanguageMap = (value: unknown): value is Record<string, unknown> =>
  isMap(value) &&
  Object.keys(value).length > 0 &&
  Object.keys(value).every((key) => /^[A-Za-z]{2,3}(?:-\w+)*$/.test(key));

/** JSON of a `sluice:` property: of a literal with `@type` `@json`, or as it stands. */
export function jsonValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonValue);
  if (!isMap(value)) return value;
  if (Object.hasOwn(value, '@value')) return value['@value'];
  if (Object.hasOwn(value, '@list')) return jsonValue(value['@list']);
  if (Object.hasOwn(value, '@set')) return jsonValue(value['@set']);
  return value;
}
