import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import t from 'tap';
import { change, csv, FIRST, HEADER } from '../../../tests/support/sheets/guide-rows.js';
import { importInto, MemoryDrafts } from '../../../tests/support/sheets/memory-drafts.js';
import { date, dateTime, errorCell, formula, number, workbook } from '../../../tests/support/sheets/workbook.js';

const sheet = (rows: readonly (readonly string[])[], more: object = {}) => ({
  name: '目录',
  rows: [HEADER.split(','), ...rows],
  ...more,
});

t.test('merged cells of a sheet stand for all their rows', async (t) => {
  const drafts = new MemoryDrafts();
  const bytes = workbook([
    sheet([FIRST.split(','), ['', '', '', '', '出生日期', '', '', '', '', '', '', '', '', '', '', '', '', '否']], {
      merges: ['A2:A3', 'F2:F3'],
    }),
  ]);
  const { text, lines } = await importInto(bytes, { drafts, profile: 'guide-2017', form: 'xlsx' });
  t.same(text[0], 'draft civil.e-306001-1 rows 2-3');
  t.equal(lines[0]?.sheet, '目录');
  t.equal(drafts.entries.get('civil.e-306001-1')?.items?.[1]?.type, 'string');
});

t.test(
  'a formula without a stored value and an error are problems, and their fields are not missing too',
  async (t) => {
    const rows = [
      change(change(FIRST, '更新周期', 'X'), '数据分类', 'Y')
        .split(',')
        .map((cell) => ({ X: formula(), Y: errorCell })[cell] ?? cell),
    ];
    const { lines } = await importInto(workbook([sheet(rows)]), { profile: 'guide-2017', form: 'xlsx' });
    t.match(lines, [
      { result: 'problem', row: 2, column: '更新周期', field: 'updateFrequency', sheet: '目录' },
      { result: 'problem', row: 2, column: '数据分类', field: 'dataClass' },
    ]);
    t.equal(lines.length, 2);
  },
);

t.test('a time without a day is a problem where the format of the cell shows a day', async (t) => {
  const row = change(FIRST, '数据分类', 'X').split(',');
  for (const serial of [0, 0.5]) {
    const cells = row.map((cell) => (cell === 'X' ? dateTime(serial) : cell));
    const { lines } = await importInto(workbook([sheet([cells])]), { profile: 'guide-2017', form: 'xlsx' });
    t.match(lines[0], { result: 'problem', row: 2, column: '数据分类', text: /has a time without a day/ });
  }
});

t.test(
  'a cell whose escapes spell half a surrogate pair is a problem, and a whole pair is its character',
  async (t) => {
    const drafts = new MemoryDrafts();
    const second = change(change(FIRST, '信息资源名称', '另一'), '信息资源代码', '306001/2');
    const rows = [change(FIRST, '数据分类', 'x_xD83D_'), change(second, '数据分类', '_xD83D__xDE00_')];
    const bytes = workbook([sheet(rows.map((row) => row.split(',')))]);
    const { lines } = await importInto(bytes, { drafts, profile: 'guide-2017', form: 'xlsx' });
    t.match(lines, [
      { result: 'problem', row: 2, column: '数据分类', field: 'dataClass', text: /well-formed Unicode/ },
      { result: 'draft', row: 3 },
    ]);
    t.equal(lines.length, 2);
    t.equal(drafts.entries.get('civil.e-306001-2')?.dataClass, '😀');
  },
);

const OWN = `
profile: own
base: guide-2017
entries: { headerRows: 1, key: 名称, id: { from: 编号 } }
columns: { 名称: { field: name.zh, required: true }, 所属系统: { field: profile.system } }
`;

t.test('numbers, dates and truth values are read in one form, in workbooks of 1904 too', async (t) => {
  const cells = [
    number(1e21),
    number('0.1'),
    number(7),
    date(45000),
    dateTime(45000.5),
    '< t="b"><v>1</v></c>',
    formula('12'),
  ];
  for (const date1904 of [false, true]) {
    const drafts = new MemoryDrafts();
    const rows = [
      ['名称', '编号', '信息项名称', '数据类型', 'a', 'b', 'c', 'd', 'e', 'f', 'g'],
      ['甲', 'x1', '码', 'C', ...cells],
    ];
    await importInto(workbook([{ name: 's', rows }], { date1904 }), { drafts, profile: OWN, form: 'xlsx' });
    const day = date1904 ? '2027-03-16' : '2023-03-15';
    t.same(Object.values(drafts.entries.get('civil.x1')?.items?.[0]?.profile ?? {}), [
      '1000000000000000000000',
      '0.1',
      '7',
      day,
      `${day}T12:00:00`,
      'TRUE',
      '12',
    ]);
  }
});

t.test('hidden sheets are read by name only, hidden rows and columns are read', async (t) => {
  const hidden = { ...sheet([FIRST.split(',')]), name: '旧', state: 'hidden' as const };
  const bytes = workbook([
    hidden,
    { ...sheet([change(FIRST, '信息资源代码', 'new').split(',')]), rowAttributes: { 2: 'hidden="1"' } },
  ]);
  const { text } = await importInto(bytes, { profile: 'guide-2017', form: 'xlsx' });
  t.equal(text[0], 'draft civil.new rows 2-2');
  const named = await importInto(bytes, { profile: 'guide-2017', form: 'xlsx', sheet: '旧' });
  t.equal(named.text[0], 'draft civil.e-306001-1 rows 2-2');
});

t.test('with two header rows a column goes by the lower name, the upper one, or both', async (t) => {
  const profile = `
profile: two
entries: { headerRows: 2, key: 名称, id: { from: 编号 } }
items: { headerRows: 2, join: same-sheet }
columns: { 名称: { field: name.zh }, 提供/电话: { field: correctionChannel.phone } }
itemColumns: { 项: { field: title.zh }, 类型: { field: type, map: { 文本: string } } }
`;
  const rows = [
    ['名称', '编号', '提供', '', '使用', '', '项', '类型'],
    ['', '', '人', '电话', '人', '电话（可空）', '', ''],
    ['甲', 'x1', '张', '1', '李', '2', '码', '文本'],
  ];
  const drafts = new MemoryDrafts();
  const { text } = await importInto(workbook([{ name: 's', rows, merges: ['A1:A2', 'C1:D1', 'E1:F1'] }]), {
    drafts,
    profile,
    form: 'xlsx',
  });
  t.match(text[0], /^missing|^draft/);
  const made = drafts.entries.get('civil.x1');
  t.same(made?.items?.[0]?.profile, { '提供/人': '张', '使用/人': '李', '使用/电话（可空）': '2' });
});

/** The workbook with other names of its parts, and with parts added. */
function repacked(bytes: Buffer, rename: (name: string) => string, more: Record<string, string> = {}): Buffer {
  const parts = Object.entries(unzipSync(bytes)).map(([name, part]) => [rename(name), part] as const);
  const added = Object.entries(more).map(([name, xml]) => [name, strToU8(xml)] as const);
  return Buffer.from(zipSync(Object.fromEntries([...parts, ...added])));
}

t.test('a workbook is found where its package says that it stands, by any case of its names', async (t) => {
  const bytes = workbook([sheet([FIRST.split(',')])]);
  const relations = (target: string): Record<string, string> => ({
    '_rels/.rels': `<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="${target}"/></Relationships>`,
  });
  const moved = (name: string): string => name.replace('workbook.xml', 'workbook22.xml').replace('xl/', 'book/');
  for (const one of [
    repacked(bytes, moved, relations('/book/workbook22.xml')),
    repacked(bytes, moved, relations('book/workbook22.xml')),
    repacked(bytes, (name) => name.replace('worksheets/sheet1', 'Worksheets/Sheet1')),
    repacked(bytes, (name) => name.replaceAll('/', '\\')),
  ]) {
    const { text } = await importInto(one, { profile: 'guide-2017', form: 'xlsx' });
    t.equal(text[0], 'draft civil.e-306001-1 rows 2-2');
  }
  const document = repacked(bytes, (name) => name.replace('xl/workbook', 'word/document'), {
    ...relations('word/document.xml'),
    'word/document.xml': '<document/>',
  });
  await t.rejects(importInto(document, { profile: 'guide-2017', form: 'xlsx' }), { message: /it has no sheets/ });
});

t.test('a chart among the sheets is no sheet', async (t) => {
  const bytes = workbook([sheet([]), sheet([FIRST.split(',')])]);
  const parts = unzipSync(bytes);
  const name = 'xl/_rels/workbook.xml.rels';
  const relations = strFromU8(parts[name]!).replace('http://x/worksheet"', 'http://x/chartsheet"');
  const { text } = await importInto(repacked(bytes, String, { [name]: relations }), {
    profile: 'guide-2017',
    form: 'xlsx',
  });
  t.equal(text[0], 'draft civil.e-306001-1 rows 2-2');
});

const TWO = (items: string[][], entries: string[][] = [['出生登记', '306001/1', '登记系统']]) => [
  { name: '目录', rows: [['目录名称', '目录编码', '所属系统'], ...entries] },
  { name: '信息项', rows: [['目录名称', '信息项名称', '数据类型', '数据分级'], ...items] },
];

t.test('items of a second sheet go to the entry that has their key', async (t) => {
  const drafts = new MemoryDrafts();
  const items = [
    ['出生登记', '姓名', 'C', ''],
    ['出生登记', '性别', 'C', '秘密'],
    ['别的', '性别', 'C', ''],
  ];
  const { text, lines } = await importInto(workbook(TWO(items)), { drafts, profile: 'two-sheets', form: 'xlsx' });
  t.ok(text.includes('refused civil.e-306001-1 row 信息项!3 column 数据分级 SECRET_ITEM R3'));
  t.match(lines.at(-1), { result: 'problem', sheet: '信息项', row: 4, column: '目录名称', entry: undefined });
  t.ok(text.some((line) => /^missing civil.e-306001-1 row 2 column 更新周期 updateFrequency R13$/.test(line)));
});

t.test('a second row with the same key is a problem there, with the entry of its own code', async (t) => {
  const twice = TWO(
    [['出生登记', '姓名', 'C', '']],
    [
      ['出生登记', '306001/1', ''],
      ['出生登记', 'other', ''],
    ],
  );
  const { lines, total } = await importInto(workbook(twice), { profile: 'two-sheets', form: 'xlsx' });
  t.match(
    lines.filter(({ result }) => result === 'problem'),
    [{ entry: 'civil.other', row: 3, column: '目录名称' }],
  );
  t.match(total, { total: 2, problems: 1, missing: 1 });
});

const UNUSABLE: [string, Buffer | string, object, RegExp][] = [
  ['without the column of the key', '名称,代码\na,b', {}, /no column 信息资源名称/],
  ['without the column of the code', '信息资源名称\na', {}, /no column 信息资源代码/],
  ['with a column twice', csv(FIRST).replace('更新周期', '共享类型（必填）'), {}, /stands twice/],
  [
    'with white space in the name of a column',
    csv(FIRST).replace('信息资源名称', '信息资源 名称'),
    {},
    /white space in its name$/,
  ],
  ['with semicolons', csv(FIRST).replaceAll(',', ';'), {}, /not separated by commas$/],
  ['of GBK that nobody named', Buffer.from('d0c5cfa2d7cad4b4c3fbb3c62c610a', 'hex'), {}, /name gbk/],
  ['of UTF-16', Buffer.from(`\ufeff${csv(FIRST)}`, 'utf16le'), {}, /the file is UTF-16/],
  [
    'with notes on its first sheet',
    workbook([{ name: '说明', rows: [['填报说明']] }, sheet([])]),
    { form: 'xlsx' },
    /the sheet 说明 has no column/,
  ],
  ['that is no workbook', 'PK no', { form: 'xlsx' }, /not an XLSX workbook/],
  ['of the old format', Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), { form: 'xlsx' }, /not an XLSX workbook/],
  ['without the sheet', workbook([sheet([])]), { form: 'xlsx', sheet: 'x' }, /no sheet x/],
  ['with more columns than a sheet has', `${csv(FIRST)}${','.repeat(20_000)}`, {}, /row 2 has more than 16384 columns/],
  ['with a line of nothing but commas', `${csv(FIRST)}\n${','.repeat(1_000_001)}`, {}, /more than 1000000 commas/],
  ['of CSV for two sheets', csv(FIRST), { profile: 'two-sheets' }, /CSV has one sheet/],
];

for (const [what, bytes, more, message] of UNUSABLE) {
  t.test(`a file ${what} is unusable`, async (t) => {
    await t.rejects(importInto(bytes, { profile: 'guide-2017', ...more }), { name: 'UnusableFileError', message });
  });
}

t.test('a header with thousands of columns of one name is read at once', { timeout: 8_000 }, async (t) => {
  const columns = Array.from({ length: 16_000 }, () => 'c').join();
  const { lines } = await importInto(`${csv(FIRST).replace('\n', `,${columns}\n`)},x`, { profile: 'guide-2017' });
  t.match(lines, [{ result: 'draft' }]);
});
