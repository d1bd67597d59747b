import t, { type Test } from 'tap';
import { csv, FIRST } from '../../../tests/support/sheets/guide-rows.js';
import { exportFrom, importInto, MemoryDrafts } from '../../../tests/support/sheets/memory-drafts.js';

const file = (rows: string[][]): string => rows.map((cells) => cells.join(',')).join('\n');

/** Imports twice, exports, and imports the export: no import but the first changes anything. Returns the rows of the export. */
async function thereAndBack(t: Test, profile: string, rows: string[][], drafts: MemoryDrafts): Promise<string[][]> {
  await importInto(file(rows), { drafts, profile });
  const bytes = await exportFrom(drafts, profile, 'csv');
  for (const again of [file(rows), bytes]) {
    const { lines } = await importInto(again, { drafts, profile });
    t.same(
      lines.filter(({ changed }) => changed !== false),
      [],
    );
  }
  const lines = bytes.toString().slice(1).trimEnd().split('\r\n');
  return lines.map((line) => line.split(','));
}

const column = (rows: string[][], name: string): (string | undefined)[] =>
  rows.slice(1).map((cells) => cells[(rows[0] ?? []).indexOf(name)]);

const INHERITED = `{"profile":"own",
  "entries":{"headerRows":1,"key":"__proto__","id":{"from":"constructor"}},
  "items":{"headerRows":1,"join":"same-sheet"},
  "columns":{
    "__proto__":{"field":"name.zh","required":true},
    "toString":{"field":"profile.__proto__"},
    "共享":{"field":"sharingAttribute","map":{"__proto__":"conditional","constructor":"not_shared"}}},
  "itemColumns":{"hasOwnProperty":{"field":"title.zh"},"valueOf":{"field":"type","map":{"toString":"string"}}}}`;

t.test('columns and words that are called like members of every object are read and written like others', async (t) => {
  const drafts = new MemoryDrafts();
  const rows = [
    ['__proto__', 'constructor', 'toString', '共享', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'isPrototypeOf'],
    ['甲', 'x1', '系统', '__proto__', '证件', 'toString', 'q', ''],
    ['', '', '', '', '姓名', 'toString', '', 'r'],
  ];
  const written = await thereAndBack(t, INHERITED, rows, drafts);
  t.match(drafts.entries.get('civil.x1'), {
    name: { zh: '甲' },
    sharingAttribute: 'conditional',
    items: [{ profile: { __defineGetter__: 'q' } }, { profile: { isPrototypeOf: 'r' } }],
  });
  t.same(column(written, '__proto__'), ['甲', '甲']);
  t.same(column(written, 'toString'), ['系统', '系统']);
  t.same(column(written, '__defineGetter__'), ['q', '']);
  const outside = await importInto(file([rows[0]!, ['乙', 'x2', '', 'valueOf', '证件', 'toString', '', '']]), {
    drafts,
    profile: INHERITED,
  });
  t.match(outside.lines, [{ result: 'missing', column: '共享', text: '"valueOf" is no value of the column' }]);
});

const ON_A_BASE = `
profile: our-sheet
base: guide-2017
entries: { headerRows: 1, key: 名称, id: { from: 编号 } }
columns:
  名称: { field: name.zh, required: true }
`;

t.test('a profile with a base and a key of its own reads what it has written', async (t) => {
  const drafts = new MemoryDrafts();
  const rows = [
    ['名称', '编号', '信息项名称', '数据类型', '更新周期'],
    ['婚姻登记', '306104/1', '登记号', 'C', '每日'],
  ];
  const written = await thereAndBack(t, ON_A_BASE, rows, drafts);
  t.same(column(written, '名称'), ['婚姻登记']);
  t.notOk(written[0]?.includes('信息资源名称'), 'one column about the name is written');
});

t.test('a column that no profile names is kept, whatever it is called', async (t) => {
  const drafts = new MemoryDrafts();
  const extended = csv(FIRST).replace('\n', ',__proto__,constructor,toString\n');
  await importInto(`${extended},a,b,c`, { drafts, profile: 'guide-2017' });
  const kept = Object.entries(drafts.entries.get('civil.e-306001-1')?.items?.[0]?.profile ?? {});
  t.same(kept, [
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['toString', 'c'],
  ]);
  const written = (await exportFrom(drafts, 'guide-2017', 'csv')).toString();
  t.match(written, /,__proto__,constructor,toString\r\n.*,a,b,c\r\n/);
});

const TYPED = `
profile: typed
entries: { headerRows: 1, key: 名称, id: { from: 编号 } }
items: { headerRows: 1, join: same-sheet }
columns:
  名称: { field: name.zh }
  承诺: { field: promisedDays.D4 }
  保存天数: { field: disposalRequirement.withinDays }
itemColumns:
  项: { field: title.zh }
  类型: { field: type, map: { 文本: string, 整数: integer, 小数: decimal } }
  主键: { field: identifier }
  必填: { field: required }
  最短: { field: minLength }
  最长: { field: maxLength }
  前: { field: maskRule.keepFirst }
  下限: { field: minimum }
`;
const HEADER = ['名称', '编号', '承诺', '保存天数', '项', '类型', '主键', '必填', '最短', '最长', '前', '下限'];

t.test('numbers and truth values of a profile of ones own are numbers and truth values', async (t) => {
  const drafts = new MemoryDrafts();
  const rows = [
    HEADER,
    ['甲', 'x1', '５', '30', '码', '文本', 'TRUE', '是', '1', '１８', '2', ''],
    ['', '', '', '', '数', '整数', 'FALSE', '否', '', '', '', '-3'],
    ['', '', '', '', '额', '小数', '', '', '', '', '', '0.50'],
  ];
  const written = await thereAndBack(t, TYPED, rows, drafts);
  t.match(drafts.entries.get('civil.x1'), {
    promisedDays: { D4: 5 },
    disposalRequirement: { withinDays: 30 },
    items: [
      { identifier: true, required: true, minLength: 1, maxLength: 18, maskRule: { keepFirst: 2 } },
      { identifier: false, required: false, minimum: -3 },
      { minimum: '0.50' },
    ],
  });
  t.same(column(written, '主键'), ['是', '否', '否']);
  t.same(column(written, '下限'), ['', '-3', '0.50']);
});

t.test('what is no number and no truth value is a problem in its column', async (t) => {
  const row = ['甲', 'x1', '五', '30', '码', '文本', '√', '是', 'x', '1.5', '2', ''];
  const { lines } = await importInto(file([HEADER, row]), { profile: TYPED });
  const at = ['承诺', '主键', '最短', '最长'].map((name) => ({ result: 'problem', row: 2, column: name }));
  t.match(
    lines.filter(({ result }) => result === 'problem'),
    at,
  );
});

t.test('a value of its own tells an entry whose code stands in another column, and comes back', async (t) => {
  const profile = `
profile: numbered
entries: { headerRows: 1, key: 名称, id: { from: 序号 } }
items: { headerRows: 1, join: same-sheet }
columns: { 名称: { field: name.zh }, 代码: { field: resourceCode } }
itemColumns: { 项: { field: title.zh }, 类型: { field: type, map: { 文本: string } } }
`;
  const drafts = new MemoryDrafts();
  const written = await thereAndBack(
    t,
    profile,
    [
      ['名称', '序号', '代码', '项', '类型'],
      ['甲', '1', '306001/7', '码', '文本'],
      ['乙', '2', '', '码', '文本'],
    ],
    drafts,
  );
  t.match(drafts.entries.get('civil.1'), { resourceCode: '306001/7', profile: { 序号: '1' } });
  t.same(column(written, '序号'), ['1', '2']);
  t.same(column(written, '代码'), ['306001/7', '']);
});
