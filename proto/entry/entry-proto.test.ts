import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import t from 'tap';
import { entryVersion, entryWithRecords } from '../../tests/support/arbitrary-entry.js';
import type { RecordData } from '../event/event.js';
import { RecordCodec } from '../event/record.js';
import type { EntryVersion } from './entry.js';
import { entryProto, grantProto } from './entry-proto.js';
import { fieldOf, type ItemField } from './item-field.js';

const RUNS = { numRuns: 200 };

/** Reads an event.proto as a client does that has nothing of ours but the file. */
function messageType(definition: { text: string; message: string }): protobuf.Type {
  return protobuf.parse(definition.text, { keepCase: true }).root.lookupType(definition.message);
}

/** The record as it travels: objects are JSON strings, as the comments of the file say. */
const asWire = (fields: readonly ItemField[], record: RecordData): object =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => {
      const { type, list } = fields.find((field) => field.name === name) as ItemField;
      if (type !== 'object') return [name, value];
      return [name, list ? (value as object[]).map((one) => JSON.stringify(one)) : JSON.stringify(value)];
    }),
  );

function plain(type: protobuf.Type, message: protobuf.Message): object {
  return Object.fromEntries(Object.entries(type.toObject(message, { longs: Number })));
}

t.test('the text of any entry parses, with each item under its permanent number', async (t) => {
  fc.assert(
    fc.property(entryVersion, (version) => {
      const type = messageType(entryProto(version));
      deepStrictEqual(
        Object.fromEntries(type.fieldsArray.map((field) => [field.name, field.id])),
        Object.fromEntries(version.items.map((item) => [item.name, item.number])),
      );
    }),
    RUNS,
  );
  t.pass('all did');
});

t.test('the numbers of dropped items stay reserved', async (t) => {
  fc.assert(
    fc.property(entryVersion, (version) => {
      const type = messageType(entryProto(version));
      const present = new Set(version.items.map((item) => item.number));
      for (const number of Object.values(version.numbers)) {
        if (!present.has(number)) deepStrictEqual(type.isReservedId(number), true, `number ${number}`);
      }
    }),
    RUNS,
  );
  t.pass('all did');
});

t.test('a reader that has only the text reads every record, and its records are read', async (t) => {
  fc.assert(
    fc.property(entryWithRecords, ({ version, records }) => {
      const fields = version.items.map(fieldOf);
      const codec = new RecordCodec(fields);
      const type = messageType(entryProto(version));
      for (const record of records) {
        const wire = asWire(fields, record);
        deepStrictEqual(plain(type, type.decode(codec.encode(record))), wire);
        deepStrictEqual(codec.decode(type.encode(type.fromObject(wire)).finish()), record);
      }
    }),
    RUNS,
  );
  t.pass('all did');
});

t.test('the text of a grant has the granted items alone, a transformed one as a string', async (t) => {
  const fields: ItemField[] = [
    { name: 'birthDate', number: 7, type: 'string', list: false },
    { name: 'id', number: 2, type: 'string', list: false },
  ];
  t.equal(
    grantProto('g', 'fujian-civil-affairs.birth', fields).text,
    [
      'syntax = "proto3";',
      'package sluice.grant.g;',
      'option go_package = "sluice/grant/g;gpb";',
      '',
      'message Birth {',
      '  optional string id = 2;',
      '  optional string birthDate = 7;',
      '}',
      '',
    ].join('\n'),
  );
});

t.test('party and entry ids that are no protobuf names become some', async (t) => {
  const item = { name: 'id', number: 1, type: 'string' as const, identifier: true };
  const version = (id: string): EntryVersion => ({
    id,
    version: 1,
    partition: 0,
    publishedAt: '',
    document: { id, name: id, sharingAttribute: 'unconditional', items: [item] },
    items: [item],
    numbers: { id: 1 },
  });
  for (const id of [
    '1-a.2-b',
    'a--b.c__d',
    'message.option',
    'a.1',
    '0.0',
    'import.package',
    'a-.b'.replace('-.', '.'),
  ]) {
    t.doesNotThrow(() => messageType(entryProto(version(id))), id);
  }
});
