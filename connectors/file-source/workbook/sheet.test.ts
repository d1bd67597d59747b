import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import t, { type Test } from 'tap';
import { BrokenFileError } from '../../../proto/workbook/broken-file.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { readSheet } from './sheet.js';

/** Number formats of the styles 0, 1, 2, … in the workbooks of these tests. */
const FORMATS = [
  'General',
  'yyyy-mm-dd hh:mm:ss',
  'yyyy"年"m"月"d"日"',
  'hh:mm',
  '000000',
  '#,##0.00',
  '[$¥-804]#,##0.00;[Red](#,##0.00)',
  '0.00',
  '0%',
  '#,##0,',
  '0.00E+00',
  '000-0000',
  ';;;',
  '@',
  '[h]:mm',
  '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
];
const style = (code: string): number => FORMATS.indexOf(code);
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

interface Workbook {
  cells: string[];
  strings?: string;
  date1904?: boolean;
  extra?: Record<string, Uint8Array>;
}

/** A workbook whose second sheet, `data`, has one cell per row. */
function workbook({ cells, strings = '', date1904 = false, extra = {} }: Workbook): Buffer {
  const rows = cells.map((cell, index) => `<row r="${index + 1}">${cell}</row>`).join('');
  const formats = FORMATS.map((code, id) => `<numFmt numFmtId="${200 + id}" formatCode="${escaped(code)}"/>`).join('');
  const styles = FORMATS.map((_code, id) => `<xf numFmtId="${200 + id}"/>`).join('');
  const files: Record<string, string> = {
    'xl/workbook.xml': `<workbook xmlns:r="r"><workbookPr${date1904 ? ' date1904="1"' : ''}/><sheets><sheet name="other" sheetId="1" r:id="rId9"/><sheet name="data" sheetId="2" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/second.xml"/>' +
      '<Relationship Id="rId2" Type="x/styles" Target="/xl/styles.xml"/><Relationship Id="rId3" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    'xl/styles.xml': `<styleSheet><numFmts>${formats}</numFmts><cellStyleXfs><xf/></cellStyleXfs><cellXfs>${styles}</cellXfs></styleSheet>`,
    'xl/sharedStrings.xml': `<sst>${strings}</sst>`,
    'xl/worksheets/second.xml': `<x:worksheet xmlns:x="x"><x:sheetData>${rows.replaceAll('<', '<x:').replaceAll('<x:/', '</x:')}</x:sheetData></x:worksheet>`,
  };
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)]);
  return Buffer.from(zipSync({ ...Object.fromEntries(entries), ...extra }));
}

const number = (value: number | string, code = 'General'): string => `<c s="${style(code)}"><v>${value}</v></c>`;

/** The texts of the cells; for a cell that is refused, the reason. */
async function textsOf(t: Test, content: Buffer, sheet: string | number = 'data'): Promise<(string | undefined)[]> {
  const path = join(await temporaryFolder(t), 'a.xlsx');
  await writeFile(path, content);
  return (await readSheet(path, sheet)).map((row) => {
    try {
      return row.text(0, 'the-column');
    } catch (error) {
      if (error instanceof BrokenFileError) return error.message;
      throw error;
    }
  });
}

t.test('a number is read as a person sees it', async (t) => {
  const seen: [string, string][] = [
    [number(31), '31'],
    [number(1234.5), '1234.5'],
    [number('0.30000000000000004'), '0.3'],
    [number(990102199901), '990102199901'],
    [number('1E-7'), '0.0000001'],
    [number(123, '000000'), '000123'],
    [number(1234567.891, '#,##0.00'), '1234567.89'],
    [number(-1234.5, '[$¥-804]#,##0.00;[Red](#,##0.00)'), '-1234.50'],
    [number(12, '[$¥-804]#,##0.00;[Red](#,##0.00)'), '12.00'],
    [number(1234.5, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ '), '1234.50'],
    [number(0, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ '), '0'],
    [number(0.5, '0%'), '50%'],
    [number(3501234, '000-0000'), '350-1234'],
    [number(12, '@'), '12'],
    [number(1.5, '[h]:mm'), '36:00'],
    ['<c t="b"><v>1</v></c>', 'TRUE'],
    ['<c t="str"><f>A1</f><v>text</v></c>', 'text'],
    ['<c><f>1+1</f><v>2</v></c>', '2'],
  ];
  t.same(
    await textsOf(t, workbook({ cells: seen.map(([cell]) => cell) })),
    seen.map(([, text]) => text),
  );
});

t.test('a cell that does not say what was typed is refused with row, column and reason', async (t) => {
  const refused: [string, RegExp][] = [
    [number('990102199901011234'), /row 1, column the-column has a number of more than 15 digits/],
    [number('9.90102199901011E+17'), /row 2, .* more than 15 digits/],
    [number('-1000000000000000'), /more than 15 digits/],
    ['<c t="e"><v>#N/A</v></c>', /row 4, column the-column shows #N\/A/],
    ['<c t="e"><f>A1/0</f><v>#DIV/0!</v></c>', /shows #DIV\/0!/],
    ['<c t="e"><v>#REF!</v></c>', /shows #REF!/],
    ['<c><f>A1</f></c>', /formula without a stored result/],
    [number(1234, '#,##0,'), /shows another number/],
    [number(5, ';;;'), /shows nothing/],
    [number(123456, '0.00E+00'), /shows an exponent/],
    [number('text'), /is not a number/],
    ['<c t="s"><v>7</v></c>', /row 12, .* a text that the workbook does not have/],
  ];
  const texts = await textsOf(t, workbook({ cells: refused.map(([cell]) => cell) }));
  texts.forEach((text, index) => void t.match(text, refused[index]![1]));
});

t.test('a time is the one that the sheet shows, rounded to the millisecond', async (t) => {
  const DAY_TIME = 'yyyy-mm-dd hh:mm:ss';
  const DAY = 'yyyy"年"m"月"d"日"';
  const times: [string, string | RegExp][] = [
    [number('46350.354166666664', DAY_TIME), '2026-11-24 08:30:00'],
    [number('46350.99999999999', DAY_TIME), '2026-11-25 00:00:00'],
    [number('46350.35416667824', DAY_TIME), '2026-11-24 08:30:00.001'],
    [number(46350, DAY_TIME), '2026-11-24 00:00:00'],
    [number(46350, DAY), '2026-11-24'],
    [number('46350.354166666664', DAY), '2026-11-24 08:30:00'],
    [number('0.354166666666667', 'hh:mm'), '08:30:00'],
    [number(1, DAY), '1900-01-01'],
    [number(59, DAY), '1900-02-28'],
    [number(61, DAY), '1900-03-01'],
    [number(2958465, DAY), '9999-12-31'],
    [number(60, DAY), /1900-02-29/],
    [number(2958466, DAY), /cannot show/],
    [number(-1, DAY), /cannot show/],
    ['<c t="d"><v>2026-11-24T08:30:00</v></c>', '2026-11-24T08:30:00'],
    ['<c t="d"><v>2026-11-24T08:30:00Z</v></c>', '2026-11-24T08:30:00'],
    ['<c t="d"><v>2026-11-24T00:00:00.000Z</v></c>', '2026-11-24'],
  ];
  const texts = await textsOf(t, workbook({ cells: times.map(([cell]) => cell) }));
  texts.forEach((text, index) => void t.match(text, times[index]![1]));
  t.same(await textsOf(t, workbook({ cells: [number(44888, DAY)], date1904: true })), ['2026-11-24']);
});

t.test('texts are read from shared and rich strings, without phonetic readings and escapes', async (t) => {
  const strings =
    '<si><t>陈小明</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>reading</t></rPh></si><si><t>a_x000D_b &amp; c</t></si>';
  const cells = [
    '<c t="s"><v>0</v></c>',
    '<c t="s"><v>1</v></c>',
    '<c t="s"><v>2</v></c>',
    '<c t="inlineStr"><is><t>in</t></is></c>',
  ];
  t.same(await textsOf(t, workbook({ cells, strings })), ['陈小明', 'rich text', 'a\rb & c', 'in']);
});

t.test('a sheet is chosen by name or number, and one that is not there is refused', async (t) => {
  const content = workbook({ cells: [number(1)] });
  t.same(await textsOf(t, content, 2), ['1']);
  await t.rejects(textsOf(t, content, 3), /no sheet 3/);
  await t.rejects(textsOf(t, content, 'people'), /no sheet people/);
});

t.test('a workbook that unpacks to a hundred times its size is refused', async (t) => {
  const bomb = strToU8(`<sst>${' '.repeat(64 * 1024 * 1024)}</sst>`);
  const content = workbook({ cells: [number(1)], extra: { 'xl/sharedStrings.xml': bomb } });
  t.ok(content.length < 200_000);
  await t.rejects(textsOf(t, content), /a hundred times its size/);
});
