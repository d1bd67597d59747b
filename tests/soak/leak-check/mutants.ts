import type { Mutation } from '../../support/broker/broker-copy.js';

const view = (file: string, from: string, to: string): Mutation => ({
  file: `broker/stream/views/${file}.js`,
  from,
  to,
});
const encoding = (from: string, to: string): Mutation => ({ file: 'proto/frames/event-encoder.js', from, to });

/** Fault → place. Each would give a department what it has no right to, or keep from it what it has. */
export const MUTANTS: Record<string, Mutation> = {
  'projection: copies every item': view(
    'projection',
    'this.#plain[cursor.number] === true',
    'this.#plain[cursor.number] !== null',
  ),
  'projection: copies one item too many': view(
    'projection',
    'if (rangeStart >= 0)\n                writer.copy(record, rangeStart, cursor.start);',
    'if (rangeStart >= 0)\n                writer.copy(record, rangeStart, cursor.end);',
  ),
  'projection: sends the whole record when its first item is granted': view(
    'projection',
    'rangeStart === 0',
    'this.#plain[1]',
  ),
  'projection: copies transformed items as they are': view(
    'projection',
    'writeTransformed(cursor, transformed);\n        }',
    'writer.copy(record, cursor.start, cursor.end);\n        }',
  ),
  'projection: drops what follows a transformed item': view('projection', 'rangeStart > 0', 'rangeStart > 1e9'),
  'transform: masks nothing': view(
    'transform',
    "'*'.repeat(hidden)",
    'characters.slice(first, first + hidden).join("")',
  ),
  'transform: shows more than half': view(
    'transform',
    'Math.min(keepFirst, shownMax)',
    'Math.min(keepFirst + 1, characters.length)',
  ),
  'transform: hashes with one key for all grants': view('transform', "secret, '', `", 'secret, \'\', "" && `'),
  'transform: hashes nothing': view(
    'transform',
    "createHmac('sha256', key).update(value, 'utf8').digest('hex')",
    'value',
  ),
  'transform: keeps the month': view('transform', 'value.slice(0, 4)', 'value.slice(0, 7)'),
  'view: leaves the subject plain where the key is hashed': view('view', 'this.#subject(subject)', 'subject'),
  'view: forgets the narrowing': view(
    'view',
    'new RowFilter([source.rows, source.narrow]',
    'new RowFilter([source.rows]',
  ),
  'view: delivers corrections to all': view(
    'view',
    "op === 'correction' ? event.corrects : undefined",
    'event.corrects ?? position',
  ),
  'filter: matches everything': view('row-filter', 'if (this.isEmpty)', 'if (true)'),
  'filter: tests the first predicate only': view(
    'row-filter',
    'if (!test(values[name]))\n                return false;',
    'return test(values[name]);',
  ),
  'filter: lets an absent value through a notIn': view(
    'row-filter',
    'value !== undefined && value !== null && !isAmong(value)',
    '!isAmong(value)',
  ),
  'filter: takes the upper bound for one more': view(
    'row-filter',
    'bounded(type, max, (order) => order <= 0)',
    'bounded(type, max, (order) => order <= 1)',
  ),
  'filter: includes the day after the last': view(
    'row-filter',
    'start.second + DAY_SECONDS',
    'start.second + 2 * DAY_SECONDS',
  ),
  'filter: compares a prefix from anywhere': view('row-filter', 'value.startsWith(prefix)', 'value.includes(prefix)'),
  'operation: updates instead of leaving': view('delivered-op', "'leave' : undefined", "'update' : undefined"),
  'operation: deletes what was never seen': view('delivered-op', "matchedBefore ? 'delete' : undefined", "'delete'"),
  'operation: sends the record of a leave': view('delivered-op', "op !== 'leave' && ", ''),
  'operation: creates instead of entering': view(
    'delivered-op',
    "matchedBefore ? op : 'enter'",
    "matchedBefore ? op : 'create'",
  ),
  'index: does not test its candidates': view('entry-views', 'view.filter.matches(values.now)', 'true'),
  'encoding: repeats the record before': encoding(
    'delivered.data = codec.decode(event.record)',
    'delivered.data = (globalThis.last ??= codec.decode(event.record))',
  ),
  'encoding: sends the record before in protobuf': encoding(
    'writer.varint(58).bytes(event.record)',
    'writer.varint(58).bytes((globalThis.lastBytes ??= Buffer.from(event.record)))',
  ),
};
