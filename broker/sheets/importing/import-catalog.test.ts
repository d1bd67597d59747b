import { strFromU8, unzipSync } from 'fflate';
import t from 'tap';
import { change, csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';
import { exportFrom, importInto, MemoryDrafts } from '../../../tests/support/sheets/memory-drafts.js';

t.test('a sheet of the Guide becomes a draft with all its fields, and its report counts it', async (t) => {
  const drafts = new MemoryDrafts();
  const { lines, total, text } = await importInto(csv(FIRST, SECOND), { drafts, profile: 'guide-2017' });
  t.same(lines, [{ result: 'draft', entry: 'civil.e-306001-1', row: 2, lastRow: 3, changed: true }]);
  t.same(total, { total: 1, drafts: 1, missing: 0, refused: 0, problems: 0 });
  t.same(text, ['draft civil.e-306001-1 rows 2-3', 'total 1 drafts 1 missing 0 refused 0']);
  t.same(drafts.entries.get('civil.e-306001-1'), {
    id: 'civil.e-306001-1',
    provider: 'civil',
    resourceCode: '306001/1',
    name: { zh: '出生登记' },
    format: ['database'],
    sharingAttribute: 'conditional',
    conditions: { range: '卫生部门', purpose: '新生儿保健' },
    sharingModes: ['event_stream'],
    updateFrequency: 'real_time',
    catalogLevel: 'department',
    dataClass: '人口',
    dataGrade: 'general',
    items: [
      {
        name: 'idNumber',
        type: 'string',
        title: { zh: '身份证号' },
        maxLength: 18,
        grade: 'general',
        secret: false,
        identifier: true,
      },
      {
        name: 'chushengriqi',
        type: 'date',
        title: { zh: '出生日期' },
        profile: { 数据长度: '10' },
        grade: 'general',
        secret: false,
        identifier: false,
      },
    ],
  });
});

t.test('importing what was exported changes nothing, as CSV and as a workbook, on one sheet and on two', async (t) => {
  const drafts = new MemoryDrafts();
  const second = change(change(FIRST, '信息资源名称', '户籍'), '信息资源代码', 'hukou').replace(
    '有条件共享,卫生部门',
    '不予共享,法律规定',
  );
  await importInto(csv(FIRST, SECOND, second), { drafts, profile: 'guide-2017' });
  const plain = drafts.entries.get('civil.hukou')!;
  drafts.entries.set('civil.plain', { id: 'civil.plain', name: 'Plain', format: 'database', dataGrade: 'important' });
  // Without a name in its cell a row belongs to the entry above.
  drafts.entries.set('civil.named', { id: 'civil.named', name: { en: 'Adoptions' }, format: 'database' });
  drafts.entries.set('civil.hukou', {
    ...plain,
    name: { zh: ' 户籍 ', en: 'Households' },
    legalBasis: [{ rank: 'law', title: '统计法', article: '3' }, { rank: 'other' }],
    items: [
      ...plain.items!,
      { name: 'sex', type: 'code', codeTable: ['1'], maxLength: 1, profile: { 备注: 'a\n"b",_x0041_' } },
    ],
  });
  const before = structuredClone(drafts.entries);
  for (const [profile, form] of [
    ['guide-2017', 'csv'],
    ['guide-2017', 'xlsx'],
    ['two-sheets', 'xlsx'],
  ] as const) {
    const bytes = await exportFrom(drafts, profile, form);
    const { lines } = await importInto(bytes, { drafts, profile, form });
    t.same(
      lines.filter(({ changed }) => changed !== false),
      [],
      `${profile} ${form}`,
    );
    t.same(drafts.entries, before);
  }
});

t.test('a csv export begins with a byte order mark and has lines that end with CR LF', async (t) => {
  const drafts = new MemoryDrafts();
  await importInto(csv(FIRST), { drafts, profile: 'guide-2017' });
  const text = (await exportFrom(drafts, 'guide-2017', 'csv')).toString('utf8');
  t.match(text, /^\ufeff信息资源分类,信息资源名称,信息资源代码,/);
  t.equal(text.split('\r\n').length, 3);
});

t.test('each missing field has its line, and the draft is laid down', async (t) => {
  const drafts = new MemoryDrafts();
  const lacking = change(change(change(FIRST, '更新周期', '偶尔'), '目录层级', ''), '是否主键', '否');
  const { lines, total } = await importInto(csv(lacking), { drafts, profile: 'guide-2017' });
  t.match(lines, [
    {
      result: 'missing',
      row: 2,
      column: '目录层级',
      field: 'catalogLevel',
      code: 'INCOMPLETE',
      article: 'R12',
      changed: true,
    },
    { result: 'missing', row: 2, column: '是否主键', field: 'identifier', article: 'R13' },
    { result: 'missing', row: 2, column: '更新周期', field: 'updateFrequency', article: 'R13', text: /偶尔/ },
  ]);
  t.same(total, { total: 1, drafts: 0, missing: 1, refused: 0, problems: 0 });
  t.ok(drafts.entries.has('civil.e-306001-1'));
});

t.test('secret and core items are refused in their row, and nothing of their entry is laid down', async (t) => {
  const drafts = new MemoryDrafts();
  const second = change(change(FIRST, '信息资源名称', '乙'), '信息资源代码', 'yi');
  const file = csv(
    FIRST,
    change(SECOND, '涉密属性', '是'),
    second,
    change(SECOND, '数据分级', '核心数据'),
    change(change(FIRST, '信息资源名称', '丙'), '信息资源代码', 'bing'),
  );
  const { text, total } = await importInto(file, { drafts, profile: 'guide-2017' });
  t.same(text.slice(0, -1), [
    'refused civil.e-306001-1 row 3 column 涉密属性 SECRET_ITEM R3',
    'refused civil.yi row 5 column 数据分级 CORE_DATA R34',
    'draft civil.bing rows 6-6',
  ]);
  t.same(total, { total: 3, drafts: 1, missing: 0, refused: 2, problems: 0 });
  t.same([...drafts.entries.keys()], ['civil.bing']);
});

const PROBLEMS: [string, string[], object[]][] = [
  [
    'a cell that says something else than the first row',
    [FIRST, change(SECOND, '更新周期', '每日')],
    [{ row: 3, column: '更新周期', field: 'updateFrequency' }],
  ],
  [
    'another code in a later row',
    [FIRST, change(SECOND, '信息资源代码', '306001/2')],
    [{ row: 3, column: '信息资源代码' }],
  ],
  [
    'a foreign provider',
    [change(FIRST, '信息资源提供方', '税务局')],
    [{ row: 2, column: '信息资源提供方', field: 'provider' }],
  ],
  [
    'a second identifier',
    [FIRST, change(SECOND, '是否主键', '是')],
    [{ row: 3, column: '是否主键', field: 'identifier' }],
  ],
  [
    'a title twice',
    [FIRST, change(SECOND, '信息项名称', '身份证号')],
    [{ row: 3, column: '信息项名称', field: 'title.zh' }],
  ],
  [
    'a name twice',
    [FIRST, change(SECOND, '信息项英文名称', 'ID_Number')],
    [{ row: 3, column: '信息项英文名称', field: 'name' }],
  ],
  ['an item without type', [FIRST, change(SECOND, '数据类型', '')], [{ row: 3, column: '数据类型', field: 'type' }]],
  [
    'a length that is no number',
    [change(FIRST, '数据长度', '十八')],
    [{ row: 2, column: '数据长度', field: 'maxLength' }],
  ],
  [
    'a condition of unconditional data',
    [change(FIRST, '共享类型', '1')],
    [{ row: 2, column: '共享条件', field: 'conditions.range' }],
  ],
  ['no code', [change(FIRST, '信息资源代码', '')], [{ row: 2, column: '信息资源代码', entry: undefined }]],
  [
    'a code that makes no id',
    [change(FIRST, '信息资源代码', '甲乙')],
    [{ row: 2, column: '信息资源代码', entry: undefined }],
  ],
  ['a row above any key', [SECOND, FIRST], [{ row: 2, column: '信息资源名称', entry: undefined }]],
];

for (const [what, lines, expected] of PROBLEMS) {
  t.test(`a file with ${what} has one problem in its row`, async (t) => {
    const { lines: told, total } = await importInto(csv(...lines), { profile: 'guide-2017' });
    t.match(
      told.filter(({ result }) => result !== 'draft'),
      expected,
    );
    t.equal(total.problems, 1);
    t.equal(told.filter(({ result }) => result === 'problem').length, 1);
  });
}

t.test('a code that another entry of the file has is a problem of the later one alone', async (t) => {
  const again = change(FIRST, '信息资源名称', '又一');
  const { text } = await importInto(csv(FIRST, again), { profile: 'guide-2017' });
  t.match(text, ['draft civil.e-306001-1 rows 2-2', /^problem row 3: /, 'total 2 drafts 1 missing 0 refused 0']);
});

t.test('numbers, zeros before them and their words stand for the values of a map', async (t) => {
  const drafts = new MemoryDrafts();
  for (const cell of ['1', '01', '1 实时', '1-实时', '１', ' 实时 ']) {
    const { total } = await importInto(csv(change(FIRST, '更新周期', cell)), { drafts, profile: 'guide-2017' });
    t.equal(total.drafts, 1, cell);
    t.equal(drafts.entries.get('civil.e-306001-1')?.updateFrequency, 'real_time');
  }
  const { total } = await importInto(csv(change(FIRST, '更新周期', '2 实时')), { profile: 'guide-2017' });
  t.equal(total.missing, 1);
});

t.test(
  'the names of items are made alike and told apart in the order of rows, past names that are stated',
  async (t) => {
    const drafts = new MemoryDrafts();
    const item = (title: string, name: string): string =>
      change(change(SECOND, '信息项名称', title), '信息项英文名称', name);
    const rows = [
      FIRST,
      item('性别', ''),
      item('姓名', ''),
      item('星明', ''),
      item('行名', ''),
      item('1级', ''),
      item('甲', 'xing_ming_2'),
      item('②', ''),
    ];
    await importInto(csv(...rows), { drafts, profile: 'guide-2017' });
    const names = drafts.entries.get('civil.e-306001-1')?.items?.map(({ name }) => name);
    t.same(names, ['idNumber', 'xingbie', 'xingming', 'xingming_3', 'xingming_4', 'item1ji', 'xing_ming_2', 'item']);
  },
);

t.test('GBK is read where it is named, and a byte that cannot be read is one problem of its row', async (t) => {
  const gbk = (text: string): Buffer => {
    const codes = new Map<string, number[]>();
    for (let a = 0x81; a < 0xff; a++)
      for (let b = 0x40; b < 0xff; b++) codes.set(new TextDecoder('gbk').decode(Uint8Array.of(a, b)), [a, b]);
    return Buffer.from([...text].flatMap((one) => (one < '\x80' ? [one.charCodeAt(0)] : codes.get(one)!)));
  };
  const drafts = new MemoryDrafts();
  const { total } = await importInto(gbk(csv(FIRST, SECOND)), { drafts, profile: 'guide-2017', encoding: 'gbk' });
  t.equal(total.drafts, 1);
  const broken = Buffer.concat([
    Buffer.from(csv(FIRST, '')),
    Buffer.from(SECOND.slice(0, 5)),
    Buffer.of(0xff),
    Buffer.from(SECOND.slice(5)),
  ]);
  const after = Buffer.concat([
    broken,
    Buffer.from(`\n${change(change(FIRST, '信息资源名称', '乙'), '信息资源代码', 'yi')}`),
  ]);
  const { text } = await importInto(after, { profile: 'guide-2017' });
  t.match(text, [/^problem civil.e-306001-1 row 3: /, 'draft civil.yi rows 4-4', /^total 2/]);
});

t.test('a csv file counts records as rows, also empty ones and those with line breaks in quotes', async (t) => {
  const file =
    `\ufeff\n说明\n${csv(change(FIRST, '共享条件', '"卫生\n部门"'), '', change(SECOND, '数据类型', '?'))}`.replaceAll(
      '\n说',
      '\r\n说',
    );
  const { lines } = await importInto(file, { profile: 'guide-2017' });
  t.match(lines, [{ result: 'problem', row: 6, column: '数据类型' }]);
});

t.test('of a file with 100,001 rows nothing is laid down', async (t) => {
  const drafts = new MemoryDrafts();
  const rows = Array.from({ length: 100_000 }, () => SECOND);
  const { lines, total } = await importInto(csv(FIRST, ...rows), { drafts, profile: 'guide-2017' });
  t.match(lines, [{ result: 'problem', row: 100_002 }]);
  t.same(total, { total: 0, drafts: 0, missing: 0, refused: 0, problems: 1 });
  t.equal(drafts.entries.size, 0);
});

t.test('what the catalog refuses is a problem with its code, and a dry run lays nothing down', async (t) => {
  const drafts = new MemoryDrafts();
  const dry = await importInto(csv(FIRST), { drafts, profile: 'guide-2017', dryRun: true });
  t.equal(dry.lines[0]?.changed, true);
  t.equal(drafts.entries.size, 0);
  await importInto(csv(FIRST), { drafts, profile: 'guide-2017' });
  drafts.locked.add('civil.e-306001-1');
  t.equal((await importInto(csv(FIRST), { drafts, profile: 'guide-2017' })).lines[0]?.changed, false);
  const { lines } = await importInto(csv(change(FIRST, '更新周期', '2')), { drafts, profile: 'guide-2017' });
  t.match(lines, [{ result: 'problem', entry: 'civil.e-306001-1', row: 2, code: 'CONFLICT' }]);
  const purpose = change(change(FIRST, '共享类型', '1'), '共享条件', '无');
  const unlawful = await importInto(csv(purpose), { profile: 'guide-2017' });
  t.match(unlawful.lines, [{ result: 'problem', code: 'ENTRY_INVALID', article: 'R13' }]);
});

t.test('an import leaves the fields alone for which the file has no column', async (t) => {
  const drafts = new MemoryDrafts();
  await importInto(csv(FIRST, SECOND), { drafts, profile: 'guide-2017' });
  const id = 'civil.e-306001-1';
  const before = drafts.entries.get(id)!;
  drafts.entries.set(id, {
    ...before,
    retentionDays: 30,
    items: before.items!.map((item) => ({ ...item, filterable: true })),
  });
  const { lines } = await importInto('信息资源名称,信息资源代码,信息项名称\n出生登记簿,306001/1,出生日期', {
    drafts,
    profile: 'guide-2017',
  });
  t.match(lines, [{ result: 'missing', field: 'identifier', changed: true }]);
  t.match(drafts.entries.get(id), { name: { zh: '出生登记簿' }, retentionDays: 30, updateFrequency: 'real_time' });
  t.match(drafts.entries.get(id)?.items, [{ name: 'chushengriqi', type: 'date', filterable: true }]);
});

t.test('rows without a key below a row whose key cannot be read join no other entry', async (t) => {
  const drafts = new MemoryDrafts();
  const second = change(change(FIRST, '信息资源名称', '乙'), '信息资源代码', 'yi');
  const [before, after] = csv(FIRST, second, SECOND).split('乙') as [string, string];
  const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xe4, 0xb8]), Buffer.from(after)]);
  const { text } = await importInto(bytes, { drafts, profile: 'guide-2017' });
  t.match(text, [/^draft civil\.e-306001-1 rows 2-2$/, /^problem row 3: /, /^problem row 4: /, /^total 1 drafts 1 /]);
  t.equal(drafts.entries.get('civil.e-306001-1')?.items?.length, 1);
});

t.test('columns of one name keep all their cells, also where a number behind it stands in the header', async (t) => {
  const drafts = new MemoryDrafts();
  const file = csv(FIRST).replace('\n', ',备注,备注,备注_2\n');
  await importInto(`${file},a,b,c`, { drafts, profile: 'guide-2017' });
  const kept = { 备注: 'a', 备注_3: 'b', 备注_2: 'c' };
  t.same(drafts.entries.get('civil.e-306001-1')?.items?.[0]?.profile, kept);
  const { lines } = await importInto(await exportFrom(drafts, 'guide-2017', 'csv'), { drafts, profile: 'guide-2017' });
  t.match(lines, [{ changed: false }]);
});

t.test('an export has the columns of the Guide in their order, and an empty list of items stays one', async (t) => {
  const drafts = new MemoryDrafts();
  drafts.entries.set('civil.plain', { id: 'civil.plain', name: { zh: '甲' }, provider: 'civil', items: [] });
  const bytes = await exportFrom(drafts, 'guide-2017', 'csv');
  t.match(bytes.toString(), /,目录层级,数据分类,数据分级,涉密属性,信息项英文名称,信息项代码,是否主键,是否个人信息\r\n/);
  const { lines } = await importInto(bytes, { drafts, profile: 'guide-2017' });
  t.same(
    lines.filter(({ changed }) => changed !== false),
    [],
  );
});

t.test('an entry with more items than one can have is a problem, and the others are laid down', async (t) => {
  const drafts = new MemoryDrafts();
  const rows = Array.from({ length: 1_000 }, (_none, index) => change(SECOND, '信息项名称', `项${index}`));
  const second = change(change(FIRST, '信息资源名称', '乙'), '信息资源代码', 'yi');
  const { lines } = await importInto(csv(FIRST, ...rows, second), { drafts, profile: 'guide-2017' });
  const items = {
    result: 'problem',
    row: 2,
    field: 'items',
    code: 'ENTRY_INVALID',
    article: 'R13',
    text: /1000 items/,
  };
  t.match(lines, [items, { result: 'draft', entry: 'civil.yi' }]);
});

t.test('a carriage return comes back from a workbook as itself', async (t) => {
  const drafts = new MemoryDrafts();
  const entry = { id: 'civil.a', name: { zh: '甲' }, provider: 'civil', resourceCode: '306001/9' };
  drafts.entries.set('civil.a', { ...entry, abstract: { zh: '一\r\n二\r三' }, items: [] });
  const bytes = await exportFrom(drafts, 'guide-2017', 'xlsx');
  t.match(strFromU8(unzipSync(bytes)['xl/worksheets/sheet1.xml']!), /一&#13;\n二&#13;三/);
  const fresh = new MemoryDrafts();
  await importInto(bytes, { drafts: fresh, profile: 'guide-2017', form: 'xlsx' });
  t.match(fresh.entries.get('civil.e-306001-9'), { abstract: { zh: '一\r\n二\r三' } });
});

t.test('two entries of one name are two on no sheet: two sheets are not written, one is not laid down', async (t) => {
  const drafts = new MemoryDrafts();
  await importInto(csv(FIRST, SECOND), { drafts, profile: 'guide-2017' });
  const [first] = drafts.entries.values();
  drafts.entries.set('civil.other', { ...first!, id: 'civil.other', resourceCode: '306001/9' });
  const before = structuredClone(drafts.entries);
  await t.rejects(exportFrom(drafts, 'two-sheets', 'xlsx'), {
    code: 'BAD_REQUEST',
    message: /civil\.e-306001-1 and civil\.other have one 目录名称/,
  });
  const { text } = await importInto(await exportFrom(drafts, 'guide-2017', 'xlsx'), {
    drafts,
    profile: 'guide-2017',
    form: 'xlsx',
  });
  t.same(
    text.filter((line) => line.includes('another code')),
    [4, 5].map(
      (row) =>
        `problem civil.e-306001-1 row ${row}: says another code than row 2 of the same key: two entries need two keys`,
    ),
  );
  t.same(drafts.entries, before);
});
