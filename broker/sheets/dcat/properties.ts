import { FORMATS } from '../../../proto/entry/entry-words.js';
import { comparable } from '../reading/text-form.js';
import type { Reading } from '../rows/sheet-entry.js';
import { type Graph, jsonValue, literalText, type Node, textsByLanguage } from './json-ld.js';
import { ACCESS_RIGHTS, FREQUENCIES, lastPart, type Vocabulary } from './vocabulary.js';

/** A property of a dataset and the field that it states. */
export interface Property {
  field: string;
  /** Name in the report. */
  column: string;
  /** Undefined where the property does not stand. */
  read(graph: Graph, dataset: Node): Reading | undefined;
}

const EMPTY: Reading = { kind: 'empty' };
export const value = (of: unknown): Reading => ({ kind: 'value', value: of });
export const outside = (text: string): Reading => ({
  kind: 'outside',
  text: `${JSON.stringify([...text].slice(0, 80).join(''))} is no value of the property`,
});

/** A text by itself, in Chinese if there are several languages. */
export function textReading(values: readonly unknown[] | undefined): Reading | undefined {
  if (!values) return undefined;
  const { zh, en } = textsByLanguage(values);
  const text = zh ?? en;
  return text === undefined ? EMPTY : value(text);
}

export function titleReading(values: readonly unknown[] | undefined): Reading | undefined {
  if (!values) return undefined;
  const texts = textsByLanguage(values);
  return Object.keys(texts).length === 0 ? EMPTY : value(texts);
}

const wordReading = (values: readonly unknown[] | undefined, words: Vocabulary): Reading | undefined => {
  if (!values) return undefined;
  const text = values.map(literalText).find((one) => one !== undefined);
  if (text === undefined) return EMPTY;
  const found = words.find(([word]) => word === lastPart(comparable(text)));
  return found ? value(found[1]) : outside(text);
};

const listReading = (values: readonly unknown[] | undefined): Reading | undefined => {
  if (!values) return undefined;
  const texts = values.flatMap((one) => literalText(one) ?? []);
  return texts.length === 0 ? EMPTY : value([...new Set(texts)]);
};

/** A property of a node that another property of the dataset leads to; the first node that has it counts. */
const valuesInside = (graph: Graph, dataset: Node, outer: string, inner: string): unknown[] | undefined =>
  graph
    .nodes(dataset, outer)
    .map((node) => graph.values(node, inner))
    .find((values) => values !== undefined);

/** Several themes are one text. */
function themes(graph: Graph, dataset: Node): Reading | undefined {
  const values = graph.values(dataset, 'dcat:theme');
  if (!values || values.length < 2) return textReading(values);
  return value(values.flatMap((one) => literalText(one) ?? []).join('、'));
}

function rights(graph: Graph, dataset: Node): Reading | undefined {
  const reading = textReading(graph.values(dataset, 'dct:rights'));
  return reading?.kind === 'value' && /^[无/]$/.test(comparable(String(reading.value))) ? EMPTY : reading;
}

/** A number as text, or as the address of a telephone. */
function telephone(graph: Graph, dataset: Node): Reading | undefined {
  const values = valuesInside(graph, dataset, 'dcat:contactPoint', 'vcard:hasTelephone');
  if (!values) return undefined;
  const numbers = values.flatMap((one) => {
    const node = graph.node(one);
    return (node && graph.values(node, 'vcard:hasValue')) ?? [one];
  });
  const reading = textReading(numbers);
  return reading?.kind === 'value' ? value(String(reading.value).replace(/^tel:/i, '')) : reading;
}

function standards(graph: Graph, dataset: Node): Reading | undefined {
  const values = graph.values(dataset, 'dct:conformsTo');
  if (!values || values.length === 0) return values && EMPTY;
  const found = graph.nodes(dataset, 'dct:conformsTo').flatMap((node) => {
    const [name, version] = ['dct:title', 'owl:versionInfo'].map((one) => textReading(graph.values(node, one)));
    const part = (key: string, reading: Reading | undefined) =>
      reading?.kind === 'value' ? { [key]: reading.value } : {};
    return name || version ? [{ ...part('name', name), ...part('version', version) }] : [];
  });
  // An address of a standard alone says neither its name nor its version.
  return found.length === 0 ? undefined : value(found);
}

function formats(graph: Graph, dataset: Node): Reading | undefined {
  const stated = graph.nodes(dataset, 'dcat:distribution').flatMap((one) => {
    const values = graph.values(one, 'dct:format');
    return values ? [values] : [];
  });
  if (stated.length === 0) return undefined;
  const texts = stated.flat().flatMap((one) => literalText(one) ?? []);
  const words = texts.map((text) => lastPart(comparable(text)));
  const unknown = texts.find((_text, index) => !(FORMATS as readonly string[]).includes(words[index] as string));
  if (unknown !== undefined) return outside(unknown);
  return words.length === 0 ? EMPTY : value([...new Set(words)]);
}

const MODES = [
  ['dcat:accessService', 'service_interface'],
  ['dcat:downloadURL', 'file_download'],
] as const;

/** Modes that a distribution has a property for, and the further ones. */
function modes(graph: Graph, dataset: Node): Reading | undefined {
  const further = graph.values(dataset, 'sluice:sharingModes');
  const distributions = graph.nodes(dataset, 'dcat:distribution');
  const isGiven = (one: unknown): boolean => literalText(one) !== undefined || graph.node(one) !== undefined;
  const stated = MODES.filter(([property]) => distributions.some((one) => graph.values(one, property)));
  if (!further && stated.length === 0) return undefined;
  const given = stated.filter(([property]) => distributions.some((one) => graph.values(one, property)?.some(isGiven)));
  const all = [...given.map(([, mode]) => mode), ...(further ?? []).flatMap((one) => jsonValue(one) as unknown)];
  const named = all.filter((one) => one !== null && one !== '');
  return named.length === 0 ? EMPTY : value([...new Set(named)]);
}

/** The properties of a dataset in the order of the fields; how it is shared comes first, since its rights depend on it. */
export const PROPERTIES: readonly Property[] = [
  {
    field: 'sharingAttribute',
    column: 'dct:accessRights',
    read: (graph, dataset) => wordReading(graph.values(dataset, 'dct:accessRights'), ACCESS_RIGHTS),
  },
  { field: 'name', column: 'dct:title', read: (graph, dataset) => titleReading(graph.values(dataset, 'dct:title')) },
  {
    field: 'abstract',
    column: 'dct:description',
    read: (graph, dataset) => titleReading(graph.values(dataset, 'dct:description')),
  },
  {
    field: 'provider',
    column: 'dct:publisher / dct:identifier',
    read: (graph, dataset) => textReading(valuesInside(graph, dataset, 'dct:publisher', 'dct:identifier')),
  },
  { field: 'category', column: 'dcat:theme', read: themes },
  { field: 'conditions.range', column: 'dct:rights', read: rights },
  {
    field: 'updateFrequency',
    column: 'dct:accrualPeriodicity',
    read: (graph, dataset) => wordReading(graph.values(dataset, 'dct:accrualPeriodicity'), FREQUENCIES),
  },
  {
    field: 'correctionChannel.contact',
    column: 'dcat:contactPoint / vcard:fn',
    read: (graph, dataset) => textReading(valuesInside(graph, dataset, 'dcat:contactPoint', 'vcard:fn')),
  },
  { field: 'correctionChannel.phone', column: 'dcat:contactPoint / vcard:hasTelephone', read: telephone },
  { field: 'standards', column: 'dct:conformsTo / dct:title', read: standards },
  {
    field: 'relatedCodes',
    column: 'dct:relation',
    read: (graph, dataset) => listReading(graph.values(dataset, 'dct:relation')),
  },
  { field: 'format', column: 'dcat:distribution / dct:format', read: formats },
  { field: 'sharingModes', column: 'dcat:distribution / dcat:accessService', read: modes },
];
