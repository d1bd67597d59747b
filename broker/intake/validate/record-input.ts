import type { ItemValue, RecordData } from '../../../proto/event/event.js';
import { quotedName } from '../../../proto/foreign-name.js';
import { decimalOf } from '../../../proto/values/exact-number.js';
import { isWellFormed } from '../../../proto/values/unicode.js';
import type { CompiledEntry } from '../../catalog/compiled-entry.js';
import type { ItemHistory } from '../../catalog/item-history.js';
import { entryItems } from './entry-items.js';
import { FINDINGS_NAMED_MAX, type Finding } from './finding.js';
import { readWireRecord, type WireShape } from './wire-record.js';

/** The whole record as the entry's own validation accepts it; undefined after a finding. */
export function readData(input: object, entry: CompiledEntry, findings: Finding[]): RecordData | undefined {
  const before = findings.length;
  const given = input instanceof Uint8Array ? readWireRecord(input, dataShape(entry), findings) : input;
  if (!given) return undefined;
  if (entry.acceptsData(given as RecordData)) return given as RecordData;
  const data = withDecimals(withoutAbsent(given as RecordData), entryItems(entry).decimals);
  findings.push(...entry.validateData(data));
  if (findings.length === before) checkTexts(data, findings);
  return findings.length === before ? data : undefined;
}

/**
 * The previous values of items that are or ever were filterable, because the record may be of an earlier version. Other items
 * are dropped: a database that logs whole rows sends them all. An item that the entry never had is refused as in
 * `data`; undefined after a finding. See docs/decisions/0005.
 */
export function readPrevious(input: object, entry: CompiledEntry, findings: Finding[]): RecordData | undefined {
  const own: Finding[] = [];
  const previous = previousValues(input, entry, own);
  if (own.length === 0) return previous;
  findings.push(...own.map((finding) => ({ ...finding, message: `previous: ${finding.message}` })));
  return undefined;
}

function previousValues(input: object, entry: CompiledEntry, findings: Finding[]): RecordData | undefined {
  const given = input instanceof Uint8Array ? readWireRecord(input, previousShape(entry), findings) : input;
  if (!given) return undefined;
  const present = withDecimals(withoutAbsent(given as RecordData), entryItems(entry).decimals);
  const previous = filterableOnly(present, entry.history, findings);
  findings.push(...entry.validatePrevious(previous));
  if (findings.length === 0) checkTexts(previous, findings);
  return previous;
}

const dataShape = (entry: CompiledEntry): WireShape => ({
  byNumber: entryItems(entry).byNumber,
  codec: entry.codec,
});
const previousShape = (entry: CompiledEntry): WireShape => ({
  byNumber: entryItems(entry).everByNumber,
  codec: entry.previousCodec,
});

/** Null and [] mean absent. Nothing is copied in the usual case that there is none. */
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

/** A decimal may be sent as a number; it keeps all of its digits. Nothing is copied when all are strings already. */
function withDecimals(data: RecordData, decimals: readonly string[]): RecordData {
  let copy: RecordData | undefined;
  for (const name of decimals) {
    const value = Object.hasOwn(data, name) ? data[name] : undefined;
    if (value === undefined || typeof value === 'string') continue;
    copy ??= { ...data };
    copy[name] = Array.isArray(value) ? value.map(asDecimal) : asDecimal(value);
  }
  return copy ?? data;
}

/** A value that is no number stays as it is, for the validation to refuse. */
const asDecimal = (value: ItemValue): ItemValue => (typeof value === 'string' ? value : (decimalOf(value) ?? value));

function filterableOnly(given: RecordData, { definitions, filterable }: ItemHistory, findings: Finding[]): RecordData {
  const kept: RecordData = {};
  for (const name of Object.keys(given)) {
    if (!definitions.has(name)) {
      const shown = quotedName(name);
      findings.push({
        code: 'UNKNOWN_ITEM',
        item: shown,
        message: `the entry has no item ${JSON.stringify(shown)}`,
      });
      if (findings.length >= FINDINGS_NAMED_MAX) break;
    } else if (filterable.has(name)) kept[name] = given[name]!;
  }
  return kept;
}

function checkTexts(data: RecordData, findings: Finding[]): void {
  for (const name in data) {
    const value = data[name];
    const broken = Array.isArray(value) ? value.findIndex(isBrokenText) : isBrokenText(value) ? 0 : -1;
    if (broken < 0) continue;
    const path = Array.isArray(value) ? `${name}[${broken}]` : name;
    findings.push({ code: 'ITEM_INVALID', item: name, message: `${path} is not well-formed Unicode` });
  }
}

const isBrokenText = (value: unknown): boolean => typeof value === 'string' && !isWellFormed(value);
