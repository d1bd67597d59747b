import type { NumberedItem } from '../../proto/entry.js';
import type { RecordData } from '../../proto/event.js';
import type { CompiledEntry } from '../catalog/compiled-entry.js';
import { entryItems } from './entry-items.js';
import type { Finding } from './finding.js';
import { isWellFormed } from './printable.js';
import { readWireRecord } from './wire-record.js';

/** An unknown name is the source's own text: no more of it is repeated than a name can have. */
const NAME_CHARACTERS_MAX = 64;
/** The whole record as the entry's own validation accepts it; undefined after a finding. */
export function readData(input: object, entry: CompiledEntry, findings: Finding[]): RecordData | undefined {
  const before = findings.length;
  const given = input instanceof Uint8Array ? readWireRecord(input, entry, entry.codec, findings) : input;
  if (!given) return undefined;
  const data = withoutAbsent(given as RecordData);
  findings.push(...entry.validateData(data));
  if (findings.length === before) checkTexts(data, findings);
  return findings.length === before ? data : undefined;
}

/**
 * The former values of the filterable items. Other items are dropped: a database that logs whole rows sends them all.
 * An unknown item is refused here like in the data, undefined after a finding.
 */
export function readPrevious(input: object, entry: CompiledEntry, findings: Finding[]): RecordData | undefined {
  const before = findings.length;
  const given = input instanceof Uint8Array ? readWireRecord(input, entry, entry.codec, findings) : input;
  if (!given) return undefined;
  const previous = filterableOnly(withoutAbsent(given as RecordData), entryItems(entry).byName, findings);
  findings.push(...entry.validatePrevious(previous));
  if (findings.length === before) checkTexts(previous, findings);
  return findings.length === before ? previous : undefined;
}

/** Null and [] are the same as absent. Nothing is copied when there is none of them, which is the usual case. */
function withoutAbsent(data: RecordData): RecordData {
  let copy: RecordData | undefined;
  for (const name in data) {
    const value = data[name];
    if (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)) continue;
    copy ??= { ...data };
    delete copy[name];
  }
  return copy ?? data;
}

function filterableOnly(given: RecordData, byName: ReadonlyMap<string, NumberedItem>, findings: Finding[]): RecordData {
  const kept: RecordData = {};
  for (const name of Object.keys(given)) {
    const item = byName.get(name);
    if (!item) {
      const shown = name.slice(0, NAME_CHARACTERS_MAX);
      findings.push({
        code: 'UNKNOWN_ITEM',
        item: shown,
        message: `previous: the entry has no item ${JSON.stringify(shown)}`,
      });
    } else if (item.filterable) kept[name] = given[name]!;
  }
  return kept;
}

function checkTexts(data: RecordData, findings: Finding[]): void {
  for (const name in data) {
    const value = data[name];
    const isBroken = Array.isArray(value) ? value.some(isBrokenText) : isBrokenText(value);
    if (isBroken) findings.push({ code: 'ITEM_INVALID', item: name, message: `${name} is not well-formed Unicode` });
  }
}

const isBrokenText = (value: unknown): boolean => typeof value === 'string' && !isWellFormed(value);
