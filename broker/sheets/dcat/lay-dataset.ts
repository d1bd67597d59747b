import type { EntryDraft, Item } from '../../../proto/entry/entry.js';
import { isMap } from '../../../proto/values/is-map.js';
import { ownValue } from '../../../proto/values/own-value.js';
import { sameDocument } from '../../ledger/same-document.js';
import { setField } from '../importing/field-path.js';
import { matchedItems, namesOf } from '../importing/placed-items.js';
import type { Outside, Problem } from '../importing/report.js';
import { comparable } from '../reading/text-form.js';
import type { Reading } from '../rows/sheet-entry.js';
import type { EntryFacts, PartyFacts } from '../writing/cell-text.js';
import type { DcatEntry, DcatItem } from './dcat-file.js';
import { PROPERTIES } from './properties.js';
import { COLUMNS_OF_ITEMS } from './vocabulary.js';
import { exportedReading } from './write-dataset.js';

export interface DatasetLaid {
  problems: Problem[];
  outside: Outside[];
}

/** Members of maps that have a property of their own, which `sluice:<field>` of the map leaves alone. */
const MEMBERS: Record<string, readonly string[]> = {
  conditions: ['range'],
  correctionChannel: ['contact', 'phone'],
};

/**
 * Sets what the dataset states, and leaves the rest of the document as it is. JSON of fields comes first. A property is
 * compared with what an export would write of the document then: equal, it leaves a field that says more than the property can.
 */
export function layDataset(document: EntryDraft, dataset: DcatEntry, party: PartyFacts): DatasetLaid {
  const laid: DatasetLaid = { problems: [], outside: [] };
  const before = document.sharingAttribute;
  const present = exportedReading(document, { party });
  for (const [field, value] of Object.entries(dataset.own)) layOwn(document, field, value, present.own);
  const now = exportedReading(document, { party });
  for (const { field, column } of PROPERTIES) {
    const reading = dataset.fields[field]?.reading;
    if (!reading) continue;
    const isPresent = sameReading(reading, now.fields[field]?.reading);
    if (field === 'provider') layProvider(reading, column, party, laid);
    else if (field === 'conditions.range') layRights(document, reading, isPresent, { before, dataset, laid });
    else if (!isPresent) layField(document, field, column, reading, laid);
  }
  if (dataset.items) layItems(document, dataset.items, { party }, laid);
  return laid;
}

const EMPTY: Reading = { kind: 'empty' };

const sameReading = (a: Reading, b: Reading | undefined): boolean => sameDocument(a, b ?? EMPTY);

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0);

function layOwn(document: EntryDraft, field: string, value: unknown, present: Record<string, unknown>): void {
  if (sameDocument(value, ownValue(present, field) ?? null)) return;
  const members = ownValue(MEMBERS, field);
  const kept = members && isMap(document[field]) ? document[field] : {};
  const own = Object.fromEntries(
    (members ?? []).flatMap((one) => (Object.hasOwn(kept, one) ? [[one, kept[one]]] : [])),
  );
  if (members && (isMap(value) || value === null)) setField(document, field, valueOrNone({ ...own, ...value }));
  else setField(document, field, valueOrNone(value));
}

const valueOrNone = (value: unknown): unknown => (isEmpty(value) ? undefined : value);

function layField(
  document: EntryDraft,
  field: string,
  column: string,
  reading: Reading,
  { outside }: DatasetLaid,
): void {
  if (reading.kind === 'outside') outside.push({ field, column, text: reading.text });
  setField(document, field, reading.kind === 'value' ? reading.value : undefined);
}

function layProvider(reading: Reading, column: string, party: PartyFacts, { problems }: DatasetLaid): void {
  if (reading.kind !== 'value') return;
  const given = comparable(String(reading.value));
  if (given === party.id || given === party.creditCode) return;
  const text = `names another party than ${party.id}, for which the file is imported`;
  problems.push({ column, field: 'provider', text });
}

interface RightsContext {
  before: string | undefined;
  dataset: DcatEntry;
  laid: DatasetLaid;
}

/** The field of `dct:rights` depends on how the entry is shared. */
function layRights(
  document: EntryDraft,
  reading: Reading,
  isPresent: boolean,
  { before, dataset, laid }: RightsContext,
): void {
  const { sharingAttribute } = document;
  if (isPresent && before === sharingAttribute) return;
  if (sharingAttribute === 'unconditional' && reading.kind === 'value') {
    const text = 'names a condition, and the data is shared unconditionally';
    laid.problems.push({ column: 'dct:rights', field: 'conditions.range', text });
    return;
  }
  const [field, other] =
    sharingAttribute === 'not_shared'
      ? ['notSharedReason', 'conditions.range']
      : ['conditions.range', 'notSharedReason'];
  if (!Object.hasOwn(dataset.own, other.split('.')[0] as string)) setField(document, other, undefined);
  setField(document, field, reading.kind === 'value' ? reading.value : undefined);
}

/** Makes the items those of the dataset, in its order; one that was there keeps what the dataset does not state. */
function layItems(
  document: EntryDraft,
  items: readonly DcatItem[],
  facts: EntryFacts,
  { problems }: DatasetLaid,
): void {
  const present = document.items ?? [];
  const exported = exportedReading(document, facts).items ?? [];
  const placed = matchedItems(items, present);
  const names = namesOf(placed, ({ isNamed }) => isNamed);
  const laid = placed.map(({ item, found }, index) => {
    const target = { ...found, name: names[index] ?? '' } as unknown as Record<string, unknown>;
    const was = found && exported[present.indexOf(found)];
    for (const [field, value] of Object.entries(item.own)) {
      if (!sameDocument(value, ownValue(was?.own, field) ?? null)) setField(target, field, valueOrNone(value));
    }
    for (const [field, reading] of Object.entries(item.fields)) {
      if (reading.kind === 'outside') problems.push({ column: COLUMNS_OF_ITEMS, field, text: reading.text });
      if (!sameReading(reading, was?.fields[field]))
        setField(target, field, reading.kind === 'value' ? reading.value : undefined);
    }
    if (target.type === undefined && item.fields.type?.kind !== 'outside') {
      problems.push({ column: COLUMNS_OF_ITEMS, field: 'type', text: 'the item has no type' });
    }
    return target as unknown as Item;
  });
  if (laid.length > 0 || document.items?.length === 0) document.items = laid;
  else delete document.items;
}
