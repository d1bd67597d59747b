import { ITEM_TYPES, isItemName } from '../../../proto/entry/entry.js';
import { setOwnValue } from '../../../proto/values/own-value.js';
import { nameKey } from '../../catalog/document/compatibility.js';
import { pinyinName } from '../names/item-names.js';
import { comparable } from '../reading/text-form.js';
import type { Fault, Reading } from '../rows/sheet-entry.js';
import type { DcatEntry, DcatItem } from './dcat-file.js';
import { type Graph, jsonValue, literalText, type Node } from './json-ld.js';
import { outside, PROPERTIES, textReading, titleReading, value } from './properties.js';
import { COLUMNS_OF_ITEMS, lastPart } from './vocabulary.js';

const SLUICE = 'sluice:';
/** Fields with a property of their own, or that the bus decides. */
const NOT_OWN: ReadonlySet<string> = new Set(['id', 'name', 'provider', 'items', 'sharingModes']);
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)?$/;

/** Content of a dataset, field by field. `row` is its place in the file. */
export function readDataset(graph: Graph, dataset: Node, row: number): DcatEntry {
  const id = (graph.values(dataset, 'dct:identifier') ?? []).map(literalText).find((one) => one !== undefined);
  const entry: DcatEntry = {
    row,
    lastRow: row,
    ...(id !== undefined && { id }),
    fields: {},
    own: ownFields(dataset, NOT_OWN),
    faults: [],
  };
  for (const { field, column, read } of PROPERTIES) {
    const reading = read(graph, dataset);
    if (reading) entry.fields[field] = { column, reading };
  }
  if ((entry.fields.name?.reading.kind ?? 'empty') === 'empty') {
    entry.faults.push({ result: 'problem', row, column: 'dct:title', field: 'name', text: 'the dataset has no title' });
  }
  if (entry.own.dataGrade === 'core') entry.faults.push({ row, column: 'sluice:dataGrade', ...coreData('dataGrade') });
  const schema = schemaOf(graph, dataset);
  if (schema) entry.items = readItems(graph, schema, entry);
  return entry;
}

const coreData = (field: string): Pick<Fault, 'result' | 'field' | 'code' | 'article' | 'text'> => ({
  result: 'refused',
  field,
  code: 'CORE_DATA',
  article: 'R34',
  text: 'core data is not shared over this bus',
});
const secretItem: Pick<Fault, 'result' | 'field' | 'code' | 'article' | 'text'> = {
  result: 'refused',
  field: 'secret',
  code: 'SECRET_ITEM',
  article: 'R3',
  text: 'secret data is not shared over this bus',
};

/** Fields that the node states by `sluice:<field>`, as JSON; null is one without a value. */
function ownFields(node: Node, except: ReadonlySet<string>): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const [property, of] of Object.entries(node)) {
    const field = property.slice(SLUICE.length);
    if (property.startsWith(SLUICE) && FIELD_NAME.test(field) && !except.has(field)) {
      setOwnValue(own, field, jsonValue(of) ?? null);
    }
  }
  return own;
}

/** Schema of the first distribution that has columns. */
function schemaOf(graph: Graph, dataset: Node): Node | undefined {
  return graph
    .nodes(dataset, 'dcat:distribution')
    .flatMap((one) => graph.nodes(one, 'csvw:tableSchema'))
    .find((one) => graph.values(one, 'csvw:column') !== undefined);
}

function readItems(graph: Graph, schema: Node, entry: DcatEntry): DcatItem[] {
  const keys = graph.values(schema, 'csvw:primaryKey')?.flatMap((one) => literalText(one) ?? []);
  const items = graph.nodes(schema, 'csvw:column').map((column) => readItem(graph, column));
  // A key names one item of each name, the first.
  const open = keys && new Set(keys);
  for (const item of open ? items : []) {
    item.fields.identifier = open?.delete(item.stated ?? '') ? value(true) : { kind: 'empty' };
  }
  entry.faults.push(...faultsOfItems(items, entry.row));
  return items;
}

function readItem(graph: Graph, column: Node): DcatItem {
  const name = textReading(graph.values(column, 'csvw:name'));
  const title = titleReading(graph.values(column, 'csvw:titles'));
  const texts = (title?.kind === 'value' ? title.value : {}) as { zh?: string; en?: string };
  const item: DcatItem = { isNamed: name?.kind === 'value', fields: {}, own: ownFields(column, new Set(['name'])) };
  const { zh } = texts;
  if (name?.kind === 'value') item.stated = String(name.value);
  else if (zh !== undefined && isItemName(zh)) item.stated = zh;
  const isTitle = item.isNamed || item.stated === undefined;
  if (zh !== undefined && isTitle) item.title = zh;
  if (item.stated === undefined && (zh ?? texts.en) !== undefined) item.made = pinyinName(zh ?? texts.en ?? '');
  if (title) item.fields.title = isTitle ? title : { kind: 'empty' };
  const type = typeReading(graph, column);
  if (type) item.fields.type = type;
  const required = booleanReading(graph.values(column, 'csvw:required'));
  if (required) item.fields.required = required;
  return item;
}

/** `csvw:datatype` is a word, the address of one, or a node with one as its base. */
function typeReading(graph: Graph, column: Node): Reading | undefined {
  const values = graph.values(column, 'csvw:datatype');
  const first = values?.[0];
  const node = typeof first === 'string' ? undefined : graph.node(first);
  const text = literalText((node && graph.values(node, 'csvw:base')?.[0]) ?? first);
  if (text === undefined) return undefined;
  const word = lastPart(comparable(text));
  const type = word === 'dateTime' ? 'datetime' : word;
  return (ITEM_TYPES as readonly string[]).includes(type) ? value(type) : outside(text);
}

function booleanReading(values: readonly unknown[] | undefined): Reading | undefined {
  if (!values) return undefined;
  const text = literalText(values[0]);
  if (text === undefined) return { kind: 'empty' };
  return text === 'true' || text === 'false' ? value(text === 'true') : outside(text);
}

/** Faults that the file alone decides: refused data, and what cannot be told apart. */
function faultsOfItems(items: readonly DcatItem[], row: number): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  let hasIdentifier = false;
  for (const item of items) {
    const at = { row, column: COLUMNS_OF_ITEMS };
    const again = (field: string, key: string | undefined): void => {
      if (key === undefined) return;
      if (seen.has(`${field} ${key}`))
        faults.push({ result: 'problem', ...at, field, text: 'stands in the entry already' });
      seen.add(`${field} ${key}`);
    };
    if (![undefined, null, false].includes(item.own.secret as null)) faults.push({ ...at, ...secretItem });
    if (item.own.grade === 'core') faults.push({ ...at, ...coreData('grade') });
    again('title', item.title);
    again('name', item.stated === undefined ? undefined : nameKey(item.stated));
    const identifier = item.fields.identifier ?? value(item.own.identifier);
    if (identifier.kind !== 'value' || identifier.value !== true) continue;
    if (hasIdentifier)
      faults.push({ result: 'problem', ...at, field: 'identifier', text: 'is a second identifier of the entry' });
    hasIdentifier = true;
  }
  return faults;
}
