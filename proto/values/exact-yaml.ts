import { type ParseOptions, parse, type ScalarTag, type Tags, type ToJSOptions } from 'yaml';
import { exactNumberOf } from './exact-number.js';

/** Tags of the core schema whose values are numbers; the forms in hexadecimal and octal are not read by exactNumberOf. */
const NUMBERS: ReadonlySet<unknown> = new Set(['tag:yaml.org,2002:int', 'tag:yaml.org,2002:float']);

/** `parse` of yaml that changes no number: one whose digits a double would change is an ExactNumber in the result. */
export function parseExactYaml(text: string, options: ParseOptions & ToJSOptions = {}): unknown {
  return parse(text, { ...options, customTags }) as unknown;
}

const customTags = (tags: Tags): Tags =>
  tags.map((tag) => (typeof tag === 'object' && NUMBERS.has(tag.tag) && 'test' in tag ? exact(tag as ScalarTag) : tag));

function exact(tag: ScalarTag): ScalarTag {
  return {
    ...tag,
    resolve: (text, onError, options) => exactNumberOf(jsonForm(text)) ?? tag.resolve(text, onError, options),
  };
}

/** YAML also writes `+1`, `.5` and `007`. */
const jsonForm = (text: string): string =>
  text
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/^(-?)0+(?=\d)/, '$1');
