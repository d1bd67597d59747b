import type { ParseOptions, ScalarTag, Tags, ToJSOptions } from 'yaml';
import { quotedName } from '../foreign-name.js';
import { yamlDocument } from '../yaml-document.js';
import { ExactNumber, exactNumberOf } from './exact-number.js';

/** Tags of the core schema whose values are numbers. */
const NUMBERS: ReadonlySet<unknown> = new Set(['tag:yaml.org,2002:int', 'tag:yaml.org,2002:float']);
const IN_ANOTHER_BASE = /^0[xo]/;
/** Far above what people write, and far below what a stack holds. */
const LEVELS_MAX = 128;

/** A document has a value that JSON could not say. `path` names it; the message holds no value. */
export class YamlValueError extends Error {
  override readonly name = 'YamlValueError';
  constructor(path: string) {
    super(`${path === '' ? 'the document' : path} is no text, number, truth value, list or map that JSON has`);
  }
}

/**
 * `parse` of yaml that changes nothing: a number whose digits a double would change is an ExactNumber in the result, and a key is the text
 * that was written, so that the code `01` is not taken for the number 1. The schema is that of YAML 1.2 whatever the document asks
 * for: in YAML 1.1 `010` is eight and `no` is false. Throws YamlValueError for a date, bytes, a set, infinity and the like, and YamlDepthError. See docs/decisions/0236.
 */
export function parseExactYaml(text: string, options: ParseOptions & ToJSOptions = {}): unknown {
  const document = yamlDocument(text, LEVELS_MAX, { ...options, schema: 'core', stringKeys: true, customTags });
  const [error] = document.errors;
  if (error) throw error;
  const value = document.toJS(options) as unknown;
  checkValues(value);
  return value;
}

/** Why `parseExactYaml` took no document, in one line: behind it stands a piece of the document, which may hold a secret. */
export function yamlFault(error: unknown): string {
  const [reason = ''] = (error as Error).message.split('\n');
  return reason.replace(/:$/, '');
}

const customTags = (tags: Tags): Tags =>
  tags.map((tag) => (typeof tag === 'object' && NUMBERS.has(tag.tag) && 'test' in tag ? exact(tag as ScalarTag) : tag));

function exact(tag: ScalarTag): ScalarTag {
  return {
    ...tag,
    resolve: (text, onError, options) =>
      exactNumberOf(jsonForm(text)) ?? inBase(text) ?? tag.resolve(text, onError, options),
  };
}

/** YAML also writes `+1`, `.5`, `5.` and `007`. */
const jsonForm = (text: string): string =>
  text
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?=$|[eE])/, '')
    .replace(/^(-?)0+(?=\d)/, '$1');

/** `0x1F` and `0o17`, with all digits. */
function inBase(text: string): number | ExactNumber | undefined {
  return IN_ANOTHER_BASE.test(text) ? exactNumberOf(String(BigInt(text))) : undefined;
}

type Step = { value: unknown; path: string } | { left: object };

/** Walks with a list of its own: nesting is bounded by the text alone. An alias is the same object at several places. */
function checkValues(root: unknown): void {
  const checked = new Set<object>();
  const around = new Set<object>();
  const steps: Step[] = [{ value: root, path: '' }];
  for (let step = steps.pop(); step; step = steps.pop()) {
    if ('left' in step) {
      around.delete(step.left);
      continue;
    }
    const { value, path } = step;
    if (typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'bigint') throw new YamlValueError(path);
    if (typeof value !== 'object' || value === null || value instanceof ExactNumber) continue;
    const isMap = Object.getPrototypeOf(value) === Object.prototype;
    if (around.has(value) || !(isMap || Array.isArray(value))) throw new YamlValueError(path);
    if (checked.has(value)) continue;
    checked.add(value);
    around.add(value);
    steps.push({ left: value });
    for (const [key, one] of Object.entries(value)) steps.push({ value: one, path: pathIn(path, key, isMap) });
  }
}

const pathIn = (path: string, key: string, isMap: boolean): string =>
  isMap ? `${path === '' ? '' : `${path}.`}${quotedName(key)}` : `${path}[${key}]`;
