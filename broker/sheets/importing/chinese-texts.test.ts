import t from 'tap';
import { change, csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';
import { importDatasets, importInto } from '../../../tests/support/sheets/memory-drafts.js';
import { dateTime, errorCell, formula, workbook } from '../../../tests/support/sheets/workbook.js';
import { chineseText } from './chinese-texts.js';

const second = (name: string, code: string): string =>
  change(change(FIRST, '信息资源名称', name), '信息资源代码', code);
const TWO_SHEETS = [
  {
    name: '目录',
    rows: [
      ['目录名称', '目录编码', '共享属性'],
      ['甲', 'x1', errorCell],
      ['甲', 'x2', ''],
      ['乙', 'x3', formula('')],
      ['戊', 'x4', dateTime(0.5)],
      ['己', 'x5', dateTime(60)],
    ],
  },
  {
    name: '信息项',
    rows: [
      ['目录名称', '信息项名称', '数据类型', '英文名称'],
      ['丙', '一', 'C', ''],
      ['甲', '二', '', '2x'],
    ],
  },
];
const dataset = (more: object): object => ({ '@type': 'dcat:Dataset', 'dct:identifier': 'civil.a', ...more });

const FILES: Record<string, () => Promise<{ lines: { text?: string }[] }>> = {
  'of words and values': () =>
    importInto(
      csv(
        ['更新周期', '数据类型', '数据分级', '涉密属性', '是否主键'].reduce(
          (line, name) => change(line, name, '别的'),
          FIRST,
        ),
        change(SECOND, '涉密属性', '涉密'),
        change(SECOND, '数据分级', '核心'),
      ),
      { profile: 'guide-2017' },
    ),
  'of rows and codes': () =>
    importInto(
      csv(
        change(FIRST, '信息资源名称', ''),
        FIRST,
        change(change(SECOND, '信息资源代码', 'zz'), '信息资源格式', '文件'),
        change(FIRST, '信息资源提供方', '卫健委'),
        second('乙', '306001/1'),
        second('丙', ''),
        second('丁', '汉字'),
        change(second('戊', 'x9'), '共享类型', '无条件共享'),
        '己,x8',
      ),
      { profile: 'guide-2017' },
    ),
  'of codes that are alike': () =>
    importInto(csv(second('甲', 'MZ-1'), second('乙', 'mz 1')), { profile: 'guide-2017' }),
  'of a length that is none': () => importInto(csv(change(FIRST, '数据长度', '十八')), { profile: 'guide-2017' }),
  'of GBK with a broken byte': () =>
    importInto(Buffer.concat([Buffer.from(csv(FIRST).replace(FIRST, '')), Buffer.from(`${FIRST}\u{fffd}`)]), {
      profile: 'guide-2017',
    }),
  'of two sheets': () => importInto(workbook(TWO_SHEETS), { profile: 'two-sheets', form: 'xlsx' }),
  'of too many rows': () =>
    importInto(csv(...Array.from({ length: 100_001 }, () => SECOND)), { profile: 'guide-2017' }),
  'of datasets': () =>
    importDatasets([
      dataset({ 'dct:accrualPeriodicity': 'BIWEEKLY' }),
      dataset({ 'dct:title': '一' }),
      dataset({ 'dct:identifier': 'a' }),
      dataset({ 'dct:identifier': [] }),
      dataset({ 'dct:identifier': 'tax.a', 'dct:publisher': { 'dct:identifier': 'tax' } }),
    ]),
};

for (const [what, load] of Object.entries(FILES)) {
  t.test(`every line about a file ${what} has a text in Chinese`, async (t) => {
    const texts = (await load()).lines.flatMap(({ text }) => text ?? []);
    t.ok(texts.length > 0);
    for (const text of new Set(texts)) t.match(chineseText(text) ?? '', /\p{Script=Han}/u, text);
  });
}

t.test('what a line fills in stands in its Chinese text', async (t) => {
  t.equal(chineseText('"$& 别的" is no value of the column'), '"$& 别的" 不是该列允许的值');
  t.equal(chineseText('the row has the key of row 4 again'), '与第 4 行是同一条目');
  t.equal(chineseText('entry civil.a: name: is missing'), undefined, 'a refusal of the catalog has a code');
});
