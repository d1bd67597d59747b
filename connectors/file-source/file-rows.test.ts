import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BrokenFileError } from '../../proto/workbook/broken-file.js';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import type { Row } from '../runtime/mapping/record-mapping.js';
import { fileRows } from './file-rows.js';

const OPTIONS = { encoding: 'utf-8', delimiter: ',', sheet: 1 };
type Content = string | Buffer;

async function rowsOf(t: Test, name: string, content: Content, mapped: string[], options = {}): Promise<Row[]> {
  const path = join(await temporaryFolder(t), name);
  await writeFile(path, content);
  const rows: Row[] = [];
  for await (const row of fileRows(path, name, mapped, { ...OPTIONS, ...options })) rows.push({ ...row });
  return rows;
}

t.test('CSV is read with quotes, line breaks in fields and a byte order mark; an empty field is absent', async (t) => {
  const text = '\ufeffnr,name\r\n1,"O""Neill, J\r\nunior"\r\n2,\r\n';
  t.same(await rowsOf(t, 'a.csv', text, ['nr', 'name']), [
    { nr: '1', name: 'O"Neill, J\r\nunior' },
    { nr: '2', name: undefined },
  ]);
});

t.test('CSV may end its lines in different forms, and none of them becomes part of a field', async (t) => {
  const text = 'nr,name\n1,Ann\r\n2,"Bob\nB"\r3,Cid\r\r\n\n4,Dee';
  t.same(await rowsOf(t, 'a.csv', text, ['nr', 'name']), [
    { nr: '1', name: 'Ann' },
    { nr: '2', name: 'Bob\nB' },
    { nr: '3', name: 'Cid' },
    { nr: '4', name: 'Dee' },
  ]);
});

t.test('a CSV line in which no field has a value is neither a record nor the header', async (t) => {
  const text = ',\n  , \nnr,name\n1,Ann\n,\n"",""\n,,,\n';
  t.same(await rowsOf(t, 'a.csv', text, ['nr', 'name']), [{ nr: '1', name: 'Ann' }]);
});

t.test('an NDJSON line in which no field has a value is no record', async (t) => {
  const text = '{"nr":"1"}\n{"nr":" ","name":"\\t"}\n{"nr":null,"name":[]}\n{}\n';
  t.same(await rowsOf(t, 'a.ndjson', text, ['nr']), [{ nr: '1' }]);
});

t.test('CSV is decoded with the configured encoding and refused with another one', async (t) => {
  // 陈 in GB18030, and its first byte in GBK.
  const bytes = Buffer.concat([Buffer.from('nr;name\n1;'), Buffer.from([0xb3, 0xc2]), Buffer.from('\n')]);
  for (const encoding of ['gb18030', 'gbk']) {
    t.same(await rowsOf(t, 'a.csv', bytes, ['nr', 'name'], { encoding, delimiter: ';' }), [{ nr: '1', name: '陈' }]);
  }
  await t.rejects(rowsOf(t, 'a.csv', bytes, ['nr', 'name'], { delimiter: ';' }), BrokenFileError, 'not as UTF-8');
});

t.test('NDJSON values become text with all their digits, also without a final line break', async (t) => {
  const text =
    '{"nr":990102202611220014,"list":[1,9007199254740993],"gone":null,"n":12345678901234567.89}\n\n' +
    '{"nr":"2","yes":true,"n":1.5E3,"gone":1e-7}\r\n{"nr":1e16,"n":100.00,"list":{"a":[1.10]}}';
  t.same(await rowsOf(t, 'a.ndjson', text, ['nr', 'list', 'gone', 'yes', 'n']), [
    {
      nr: '990102202611220014',
      list: '[1,9007199254740993]',
      gone: undefined,
      yes: undefined,
      n: '12345678901234567.89',
    },
    { nr: '2', list: undefined, gone: '0.0000001', yes: 'true', n: '1500' },
    { nr: '10000000000000000', list: '{"a":[1.10]}', gone: undefined, yes: undefined, n: '100.00' },
  ]);
});

t.test('an XLSX sheet is read by its header row', async (t) => {
  t.same(await rowsOf(t, 'a.xlsx', Buffer.from(WORKBOOK, 'base64'), ['nr', 'name', 'age']), [
    { nr: 'p-1', name: '陈小明', age: '34' },
    { nr: 'p-2', name: 'Li', age: undefined },
  ]);
});

t.test('a file without a mapped column, with a doubled or with a padded one is refused in every format', async (t) => {
  const mapped = ['nr', 'name'];
  const wrong: [string, Content, RegExp][] = [
    ['a.csv', 'nr,full_name\n1,secret\n', /no column name/],
    ['a.csv', 'nr,Name\n1,secret\n', /no column name/],
    ['a.csv', 'nr;name\n1;secret\n', /no column nr; there is no column name/],
    ['a.csv', 'nr,name,name\n1,secret,x\n', /name is there 2 times/],
    ['a.csv', 'nr,name, name\n1,secret,x\n', /name is there 2 times/],
    ['a.csv', 'nr, name \n1,secret\n', /name has spaces/],
    ['a.csv', 'nr,\u00a0name\n1,secret\n', /name has spaces/],
    ['a.csv', '', /no column nr/],
    ['a.ndjson', '{"nr":1,"full_name":"secret"}\n{"nr":2,"full_name":"secret"}', /no record has a column name/],
    ['a.ndjson', '{"nr":1,"name ":"secret"}', /line 1: column name has spaces/],
    ['a.ndjson', '{"nr":1,"name":"secret","name":"x"}', /line 1 has a key twice/],
    ['a.xlsx', Buffer.from(WORKBOOK, 'base64'), /no column full_name/],
  ];
  for (const [name, content, message] of wrong) {
    const columns = name.endsWith('xlsx') ? ['nr', 'full_name'] : mapped;
    const error = await rowsOf(t, name, content, columns).catch((caught: Error) => caught);
    t.type(error, BrokenFileError, String(content));
    t.match((error as Error).message, message);
    t.notMatch((error as Error).message, /secret/);
  }
  t.same(
    await rowsOf(t, 'a.csv', 'x,nr,x,name\n,1,,a\n', mapped),
    [{ nr: '1', name: 'a' }],
    'other columns do not matter',
  );
  t.same((await rowsOf(t, 'a.ndjson', '{"nr":1}\n{"nr":2,"name":null}', mapped)).length, 2, 'one record names it');
});

t.test('a line in which no field has a value is no record, in every format and with every delimiter', async (t) => {
  const mapped = ['nr', 'name'];
  const wanted = [
    { nr: '1', name: 'a' },
    { nr: '2', name: 'b' },
  ];
  for (const delimiter of [',', ';', '\t', '|']) {
    const lines = [
      ['nr', 'name'],
      ['1', 'a'],
      ['', ''],
      [' ', ''],
      ['', '', '', ''],
      ['""', '""'],
      ['2', 'b'],
      ['', ''],
    ];
    const text = lines.map((fields) => fields.join(delimiter)).join('\r\n');
    t.same(await rowsOf(t, 'a.csv', text, mapped, { delimiter }), wanted, JSON.stringify(delimiter));
  }
  const json = '{}\n{"nr":"1","name":"a"}\n{"nr":null,"name":null}\n{"nr":"","name":""}\n \t\n{"nr":"2","name":"b"}\n';
  t.same(await rowsOf(t, 'a.ndjson', json, mapped), wanted);
  t.same(await rowsOf(t, 'a.ndjson', '', mapped), []);
  t.same(await rowsOf(t, 'a.csv', 'nr,name\n', mapped), []);
});

t.test('a broken file is refused with a message that holds none of its content', async (t) => {
  for (const [name, content] of [
    ['a.csv', 'nr,name\n1,secret,more\n'],
    ['a.csv', 'nr,name\nsecret\n'],
    ['a.csv', 'nr,name\n1,"secret\n'],
    ['a.ndjson', '{"nr":1,"name":2}\n{"nr":secret}\n'],
    ['a.ndjson', '["secret"]\n'],
    ['a.ndjson', '['.repeat(100_000)],
    ['a.xlsx', 'secret'],
    ['a.xlsx', ''],
    ['a.pdf', 'secret'],
  ] as const) {
    const error = await rowsOf(t, name, content, ['nr', 'name']).catch((caught: Error) => caught);
    t.type(error, BrokenFileError, name);
    t.notMatch((error as Error).message, /secret/);
  }
});

/** Sheet "People": nr, name, age; p-1, 陈小明, 34; p-2, Li, empty. */
const WORKBOOK = [
  'UEsDBBQAAAAIAAZEeF1bma6u5QAAAAsCAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbK2RvVLDMBCEX0WjNhOdk4KCsZ0i0AYKXuCQz7HG+hudEs',
  'zbIzuBggnQUN1Iu3vfalTvJmfFmRKb4Bu5UZXctfXLeyQWRfHcyCHneA/AeiCHrEIkX5Q+JIe5HNMRIuoRjwTbqroDHXwmn9d53iHb+oF6PNks',
  'HqdyfaEksizF/mKcWY3EGK3RmIsOZ999o6yvBFWSi4cHE3lVDBJuEmblZ8A191SenUxH4hlTPqArLpgsvIU0voYwqt+X3GgZ+t5o6oI+uRJRHB',
  'NhxwNRdlYtUzk0fvU3fzEzLGPzz0W+9n/2gOW72w9QSwMEFAAAAAgABkR4XUuDozqWAAAABQEAAAsAAABfcmVscy8ucmVsc43PPQ7CMAwF4KtE',
  'PkDdMjCgpl1YuiIuEFL3R23iyAlQbk9GihgY/fz0Wa7bza3qQRJn9hqqooS2qS+0mpSDOM0hqtzwUcOUUjghRjuRM7HgQD5vBhZnUh5lxGDsYk',
  'bCQ1keUT4N2Juq6zVI11egrq9A/9g8DLOlM9u7I59+nPhqZNnISEnDtuKTZbkxL0VGAZsadw82b1BLAwQUAAAACAAGRHhdbTbpdJoAAAAGAQAA',
  'GgAAAHhsL19yZWxzL3dvcmtib29rLnhtbC5yZWxzjc87DsIwDAbgq0Q+QN0yMKCmXVhYEReIUrep2jwUm9ftiRgQlRiYLP+2Pstt//CrulHmOQ',
  'YNTVVD37VnWo2UgN2cWJWNwBqcSDogsnXkDVcxUSiTMWZvpLR5wmTsYibCXV3vMX8bsDXVadCQT0MD6vJM9I8dx3G2dIz26inIjxN4j3lhRyQF',
  'NXki0fCJGN+lqYoK2LW4+bB7AVBLAwQUAAAACAAGRHhdTwmbGaAAAAD5AAAADwAAAHhsL3dvcmtib29rLnhtbI2POxKDMAxEr+LRATCkSMGAad',
  'KkyxUcEMGDbXkk53P8eCD0qfTZ0VttN3yCVy9kcRR7aKoaBtO9idc70aqKGKWHJefUai3jgsFKRQljUWbiYHMZ+aElMdpJFsQcvD7V9VkH6yLs',
  'hJb/YdA8uxEvND4DxrxDGL3N5TVZXBIw3eYgv6qiDdjDDSl5BLXtrlNJAYpbVxq+Tg1o0+njTB/JzBdQSwMEFAAAAAgABkR4XR2Pl/fuAAAALg',
  'IAABgAAAB4bC93b3Jrc2hlZXRzL3NoZWV0MS54bWx1kU1KBDEQRq8Ssp+p/hERSWfQGVy5Uw8QesruMJ2kSYoej+BKt3oLL6XgLUwP0ogku9SX',
  'V9QrSmyezMAm9EE72/ByXXCGtnV7bbuGP9zfrC74Roqj84fQIxKLuA0N74nGS4DQ9mhUWLsRbfx5dN4oiqXvIIwe1f7UZAaoiuIcjNKWS3HKdo',
  'qUFN4dmY9jY9rOj6uSM2q4toO2eEc+5jpIQdJ6ASQFzBW0v/R1llYGE/w2x6vuHw5RbLGrFrsq0z+uypReDv9+f/78eP16e0k5ztMmWZ8JmBIu',
  '9eJSZ12qlEsOv9WpzeHPjWA5vvwBUEsBAhQDFAAAAAgABkR4XVuZrq7lAAAACwIAABMAAAAAAAAAAAAAAIABAAAAAFtDb250ZW50X1R5cGVzXS',
  '54bWxQSwECFAMUAAAACAAGRHhdS4OjOpYAAAAFAQAACwAAAAAAAAAAAAAAgAEWAQAAX3JlbHMvLnJlbHNQSwECFAMUAAAACAAGRHhdbTbpdJoA',
  'AAAGAQAAGgAAAAAAAAAAAAAAgAHVAQAAeGwvX3JlbHMvd29ya2Jvb2sueG1sLnJlbHNQSwECFAMUAAAACAAGRHhdTwmbGaAAAAD5AAAADwAAAA',
  'AAAAAAAAAAgAGnAgAAeGwvd29ya2Jvb2sueG1sUEsBAhQDFAAAAAgABkR4XR2Pl/fuAAAALgIAABgAAAAAAAAAAAAAAIABdAMAAHhsL3dvcmtz',
  'aGVldHMvc2hlZXQxLnhtbFBLBQYAAAAABQAFAEUBAACYBAAAAAA=',
].join('');
