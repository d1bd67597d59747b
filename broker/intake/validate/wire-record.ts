import { isUtf8 } from 'node:buffer';
import type { NumberedItem } from '../../../proto/entry/entry.js';
import { wireScalar } from '../../../proto/entry/item-field.js';
import type { RecordData } from '../../../proto/event/event.js';
import type { RecordCodec } from '../../../proto/event/record.js';
import { WireCursor } from '../../../proto/event/wire.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { jsonFlaw } from '../../../proto/values/json-flaw.js';
import { hasTooManyMembers, JSON_MEMBERS_MAX } from '../../../proto/values/json-scan.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';
import { FINDINGS_NAMED_MAX, type Finding } from './finding.js';

const LENGTH_DELIMITED = 2;

/** The fields that bytes of an entry's message may hold, and their decoder. */
export interface WireShape {
  byNumber: ReadonlyMap<number, NumberedItem>;
  codec: RecordCodec;
}

/**
 * Reads a record that came as bytes of the entry's protobuf message; undefined after a finding. The fields are checked before
 * they are decoded: a decoder would skip unknown fields and misread those of another type.
 */
export function readWireRecord(
  bytes: Uint8Array,
  { byNumber, codec }: WireShape,
  findings: Finding[],
): RecordData | undefined {
  const before = findings.length;
  const seen = new Set<NumberedItem>();
  try {
    const cursor = new WireCursor(bytes);
    while (cursor.next() && findings.length - before < FINDINGS_NAMED_MAX) {
      const item = byNumber.get(cursor.number);
      if (!item) findings.push({ code: 'UNKNOWN_ITEM', message: `the entry has no item number ${cursor.number}` });
      else if (seen.has(item)) {
        findings.push({ code: 'ITEM_INVALID', item: item.name, message: `item ${item.name} is there twice` });
      } else {
        if (!item.list) seen.add(item);
        checkField(item, cursor, findings);
      }
    }
    return findings.length === before ? codec.decode(bytes) : undefined;
  } catch {
    findings.push({ code: 'EVENT_INVALID', message: 'the bytes are not a message of the entry' });
    return undefined;
  }
}

function checkField(item: NumberedItem, cursor: WireCursor, findings: Finding[]): void {
  const wrong = (why: string): void =>
    void findings.push({ code: 'ITEM_INVALID', item: item.name, message: `${item.name} ${why}` });
  const expected = wireType(item);
  const isPacked = item.list === true && cursor.wireType === LENGTH_DELIMITED;
  if (cursor.wireType !== expected && !isPacked) wrong(`must be of type ${item.type}`);
  else if (expected === LENGTH_DELIMITED && !isUtf8(cursor.bytes.subarray(cursor.valueStart, cursor.end))) {
    wrong('is not UTF-8');
  } else if (item.type === 'object') {
    const flaw = objectFlaw(cursor.bytes.subarray(cursor.valueStart, cursor.end), item.name);
    if (flaw) findings.push({ code: 'ITEM_INVALID', item: item.name, message: flaw });
  }
}

/** The text is checked before it is decoded, because the decoder of stored records rounds numbers. */
function objectFlaw(text: Uint8Array, name: string): string | undefined {
  try {
    const json = Buffer.from(text).toString();
    if (hasTooManyMembers(json)) return `item ${name} has more than ${JSON_MEMBERS_MAX} keys`;
    const flaw = jsonFlaw(parseExactJson(json), name);
    return flaw && `item ${flaw.path} ${flaw.why}`;
  } catch (error) {
    return error instanceof RepeatedKeyError ? `item ${name}: ${error.message}` : `${name} is not JSON`;
  }
}

function wireType(item: NumberedItem): number {
  const scalar = wireScalar(item.type);
  return scalar === 'string' ? LENGTH_DELIMITED : scalar === 'double' ? 1 : 0;
}
