import type { EntryDraft, Item } from '../../../proto/entry/entry.js';
import { isMap } from '../../../proto/values/is-map.js';
import { ownValue } from '../../../proto/values/own-value.js';
import { sameDocument } from '../../ledger/same-document.js';
import type { EntryFacts } from '../writing/cell-text.js';
import type { DcatEntry } from './dcat-file.js';
import { Graph } from './json-ld.js';
import { readDataset } from './read-dataset.js';
import {
  ACCESS_RIGHTS,
  ACCESS_RIGHTS_ADDRESS,
  FREQUENCIES,
  FREQUENCIES_ADDRESS,
  type Vocabulary,
} from './vocabulary.js';

type Properties = Record<string, unknown>;

/** An entry as a `dcat:Dataset`. What its properties cannot say stands beside them as `sluice:<field>`. */
export function datasetOf(entry: EntryDraft, facts: EntryFacts): Properties {
  const dataset = datasetProperties(entry, facts);
  return withoutEmpty({ ...dataset, ...ownProperties(entry, readBack(dataset)) });
}

/** The fields that an import reads of the dataset that an export would write. */
export const exportedReading = (entry: EntryDraft, facts: EntryFacts): DcatEntry => readBack(datasetOf(entry, facts));

const readBack = (dataset: Properties): DcatEntry => {
  const graph = new Graph(dataset);
  return readDataset(graph, graph.roots[0] ?? {}, 1);
};

function datasetProperties(entry: EntryDraft, { party, publishedOn }: EntryFacts): Properties {
  const { id, name, abstract, category, sharingAttribute, conditions, notSharedReason, updateFrequency } = entry;
  const isNotShared = sharingAttribute === 'not_shared';
  const channel = isMap(entry.correctionChannel) ? entry.correctionChannel : {};
  const standards = Array.isArray(entry.standards) ? entry.standards.filter(isMap) : [];
  return withoutEmpty({
    '@id': `urn:sluice:dataset:${id}`,
    '@type': 'dcat:Dataset',
    'dct:identifier': id,
    'dct:title': titleTexts(name),
    'dct:description': titleTexts(abstract),
    'dct:publisher': {
      '@type': 'foaf:Agent',
      'foaf:name': titleTexts(party.zhName),
      'dct:identifier': party.id,
    },
    'dcat:theme': category,
    'dct:accessRights': address(sharingAttribute, ACCESS_RIGHTS, ACCESS_RIGHTS_ADDRESS),
    'dct:rights': isNotShared ? notSharedReason : isMap(conditions) ? conditions.range : undefined,
    'dct:accrualPeriodicity': address(updateFrequency, FREQUENCIES, FREQUENCIES_ADDRESS),
    'dcat:contactPoint': withoutEmpty({
      '@type': 'vcard:Kind',
      'vcard:fn': channel.contact,
      'vcard:hasTelephone': channel.phone,
    }),
    'dct:conformsTo': compact(
      standards.map(({ name: title, version }) =>
        withoutEmpty({ '@type': 'dct:Standard', 'dct:title': title, 'owl:versionInfo': version }),
      ),
    ),
    'dct:relation': compact([entry.relatedCodes ?? []].flat()),
    'dct:issued': publishedOn,
    'dcat:distribution': distributionOf(entry),
  });
}

function distributionOf(entry: EntryDraft): Properties {
  const modes = [entry.sharingModes ?? []].flat();
  return withoutEmpty({
    '@type': 'dcat:Distribution',
    'dct:format': compact([entry.format ?? []].flat()),
    'dcat:accessService': modes.includes('service_interface')
      ? { '@type': 'dcat:DataService', 'dct:identifier': entry.id }
      : undefined,
    'dcat:downloadURL': modes.includes('file_download') ? { '@id': `urn:sluice:download:${entry.id}` } : undefined,
    'csvw:tableSchema': entry.items && {
      '@type': 'csvw:Schema',
      'csvw:column': entry.items.map(columnOf),
      ...keyOf(entry.items),
    },
  });
}

const keyOf = (items: readonly Item[]): Properties => {
  const keys = items.filter(({ identifier }) => identifier === true).map(({ name }) => name);
  return keys.length === 0 ? {} : { 'csvw:primaryKey': keys[0] };
};

function columnOf(item: Item): Properties {
  const { name, title, type, required, identifier: _key, ...others } = item;
  const own = Object.entries(others).map(([field, value]) => [`sluice:${field}`, json(value)] as const);
  return {
    ...withoutEmpty({
      '@type': 'csvw:Column',
      'csvw:name': name,
      'csvw:titles': titleTexts(title),
      'csvw:datatype': type === 'datetime' ? 'dateTime' : type,
      'csvw:required': required,
    }),
    ...Object.fromEntries(own),
  };
}

/** Fields whose properties say them wholly stand there; of the others `sluice:<field>` says the rest. */
function ownProperties(entry: EntryDraft, back: DcatEntry): Properties {
  const own: Properties = {};
  for (const [field, value] of Object.entries(entry)) {
    if (NOT_OWN.includes(field) || value === undefined) continue;
    const rest = restOf(field, value, back);
    if (rest !== undefined) own[`sluice:${field}`] = json(rest);
  }
  return own;
}

const NOT_OWN: readonly string[] = ['id', 'name', 'provider', 'items'];

function restOf(field: string, value: unknown, { fields }: DcatEntry): unknown {
  const stated = (name: string): unknown => {
    const reading = ownValue(fields, name)?.reading;
    return reading?.kind === 'value' ? reading.value : undefined;
  };
  if (field === 'sharingModes') {
    const further = [value].flat().filter((mode) => ![stated(field)].flat().includes(mode));
    return further.length === 0 ? undefined : further;
  }
  if (field === 'notSharedReason') {
    const isRights = stated('sharingAttribute') === 'not_shared' && stated('conditions.range') === value;
    return isRights ? undefined : value;
  }
  if (isMap(value) && (field === 'conditions' || field === 'correctionChannel')) {
    const isOfRights = field !== 'conditions' || stated('sharingAttribute') !== 'not_shared';
    const rest = Object.entries(value).filter(([name, one]) => !isOfRights || stated(`${field}.${name}`) !== one);
    return rest.length === 0 ? undefined : Object.fromEntries(rest);
  }
  const whole =
    field === 'format' ? [value].flat() : field === 'abstract' && typeof value === 'string' ? { zh: value } : value;
  return sameDocument(stated(field), whole) ? undefined : value;
}

const json = (value: unknown): Properties => ({ '@type': '@json', '@value': value });

const address = (value: unknown, words: Vocabulary, base: string): Properties | undefined => {
  const word = words.find(([, of]) => of === value)?.[0];
  return word === undefined ? undefined : { '@id': `${base}${word}` };
};

/** A title by language; one without language is Chinese. */
function titleTexts(title: unknown): unknown {
  const texts = typeof title === 'string' ? { zh: title } : isMap(title) ? title : {};
  return compact(
    (['zh', 'en'] as const).flatMap((language) =>
      typeof texts[language] === 'string' ? [{ '@language': language, '@value': texts[language] }] : [],
    ),
  );
}

/** One value stands by itself, as compact JSON-LD has it. */
const compact = (values: readonly unknown[]): unknown => (values.length > 1 ? values : values[0]);

/** Without properties that have no value; a node with nothing but its type is none. */
function withoutEmpty(properties: Properties): Properties {
  const kept = Object.entries(properties).filter(([, value]) => {
    if (Array.isArray(value)) return value.length > 0;
    if (isMap(value)) return Object.keys(value).some((name) => name !== '@type');
    return value !== undefined && value !== null && value !== '';
  });
  return Object.fromEntries(kept);
}
