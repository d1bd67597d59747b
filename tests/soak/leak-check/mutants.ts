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
    'Math.min(keepFirst ?? 1, shownMax)',
    'Math.min((keepFirst ?? 1) + 1, length)',
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
  'transform: masks units of UTF-16 instead of characters': view('transform', 'Array.from(value)', "value.split('')"),
  'transform: shows a value of one character': view('transform', 'Math.floor(length / 2)', 'Math.ceil(length / 2)'),
  'transform: shows one character too many at the end': view(
    'transform',
    'characters.slice(first + hidden)',
    'characters.slice(first + hidden - 1)',
  ),
  'filter: takes an absent value for the sought one': view(
    'row-filter',
    'keys.has(keyOf(value))',
    'value === undefined || keys.has(keyOf(value))',
  ),
  'filter: joins the second predicate by OR': view(
    'row-filter',
    'if (!test(values[name]))\n                return false;',
    `if (name === this.#tests[1]?.[0]) { if (test(values[name])) return true; }
     else if (!test(values[name])) return false;`,
  ),
  'filter: joins two bounds of one item by OR': view(
    'row-filter',
    'tests.every((test) => test(value))',
    'tests.some((test) => test(value))',
  ),
  'filter: leaves the lower bound out': view(
    'row-filter',
    'bounded(type, min, (order) => order >= 0)',
    'bounded(type, min, (order) => order > 0)',
  ),
  'view: grants an item whose name begins one that is granted': view(
    'view',
    'plain.push(item.number);',
    `{ plain.push(item.number); try { plain.push(source.item(granted.name.slice(0, -1)).number); } catch {} }`,
  ),
  'view: sends the previous image where there is no record': view(
    'view',
    'this.#projection.project(event.data) : undefined',
    'this.#projection.project(event.data) : event.previous',
  ),
  'view: sends the plain record of a correction': view(
    'view',
    'this.#projection.project(event.data)',
    "(op === 'correction' ? event.data : this.#projection.project(event.data))",
  ),
  'view: sends something else as the name of a snapshot': view(
    'view',
    'snapshotId: event.snapshotId',
    'snapshotId: event.snapshotId && this.source.secret',
  ),
  'projection: copies numbers that it does not know': view(
    'projection',
    'this.#plain[cursor.number] === true',
    'this.#plain[cursor.number] === true || cursor.number > 15',
  ),
  'dispatch: projects once for all views of an entry': {
    file: 'broker/stream/live/live-dispatch.js',
    from: 'live.view.project(position, event, op)',
    to: '(event.projected ??= live.view.project(position, event, op))',
  },
  'channel: keeps the events of the frame before': {
    file: 'broker/stream/live/pending-frame.js',
    from: 'message.set(head, writeHead(message, isText, payloadBytes));\n        this.#end = GAP_BYTES;\n        this.#events = 0;',
    to: 'message.set(head, writeHead(message, isText, payloadBytes)); this.#writer.beginIn(Buffer.from(memory), this.#end);',
  },
  'catalog: gives the number of a dropped item to another': {
    file: 'broker/catalog/item-numbers.js',
    from: 'const numbers = { ...assigned };',
    to: 'const numbers = Object.fromEntries(Object.entries(assigned).filter(([name]) => names.includes(name))); assigned = numbers;',
  },
  'encoding: sends records as an extension of msgpack': encoding('useRecords: false', 'useRecords: true'),
  'encoding: sends times as an extension of msgpack': encoding(
    'writer.raw(this.#packr.pack(toDeliveredEvent(event, this.codec)))',
    'const one = toDeliveredEvent(event, this.codec); writer.raw(this.#packr.pack({ ...one, time: new Date(one.time) }))',
  ),
  'encoding: gives the time of the event before': encoding('if (timeMs !== lastTimeMs)', 'if (!(lastTimeMs > 0))'),
};
