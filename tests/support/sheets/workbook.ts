import { strToU8, zipSync } from 'fflate';

export interface TestSheet {
  name: string;
  /** XML of a cell, or its text; '' is no cell. A row that is undefined stands in no file. */
  rows: (readonly string[] | undefined)[];
  merges?: string[];
  state?: 'hidden' | 'veryHidden';
  /** Attributes of rows, by number. */
  rowAttributes?: Record<number, string>;
}

/** Styles by index: general, a date, a date with a time. */
const FORMATS = ['General', 'yyyy-mm-dd', 'yyyy-mm-dd hh:mm:ss'];

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const letter = (index: number): string => String.fromCharCode(65 + index);

/** A workbook with those sheets. A cell that begins with `<` is XML behind `<c r="…"`. */
export function workbook(sheets: readonly TestSheet[], { date1904 = false } = {}): Buffer {
  const list = sheets.map(
    ({ name, state }, index) =>
      `<sheet name="${name}" sheetId="${index + 1}" r:id="r${index + 1}"${state ? ` state="${state}"` : ''}/>`,
  );
  const relations = sheets.map((_sheet, index) =>
    relation(`r${index + 1}`, 'worksheet', `worksheets/sheet${index + 1}.xml`),
  );
  const formats = FORMATS.map((code, index) => `<numFmt numFmtId="${200 + index}" formatCode="${code}"/>`);
  const styles = FORMATS.map((_code, index) => `<xf numFmtId="${200 + index}"/>`);
  const parts: Record<string, string> = {
    'xl/workbook.xml': `<workbook xmlns:r="r"><workbookPr date1904="${date1904 ? 1 : 0}"/><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${relations.join('')}${relation('s', 'styles', 'styles.xml')}</Relationships>`,
    'xl/styles.xml': `<styleSheet><numFmts>${formats.join('')}</numFmts><cellXfs>${styles.join('')}</cellXfs></styleSheet>`,
  };
  for (const [index, sheet] of sheets.entries()) parts[`xl/worksheets/sheet${index + 1}.xml`] = sheetXml(sheet);
  return Buffer.from(zipSync(Object.fromEntries(Object.entries(parts).map(([name, xml]) => [name, strToU8(xml)]))));
}

const relation = (id: string, type: string, target: string): string =>
  `<Relationship Id="${id}" Type="http://x/${type}" Target="${target}"/>`;

function sheetXml({ rows, merges = [], rowAttributes = {} }: TestSheet): string {
  const lines = rows.map((cells, index) => {
    if (!cells) return '';
    const inner = cells.map((cell, column) => cellXml(cell, `${letter(column)}${index + 1}`));
    return `<row r="${index + 1}" ${rowAttributes[index + 1] ?? ''}>${inner.join('')}</row>`;
  });
  const merged = merges.map((ref) => `<mergeCell ref="${ref}"/>`).join('');
  return `<worksheet><sheetData>${lines.join('')}</sheetData><mergeCells>${merged}</mergeCells></worksheet>`;
}

function cellXml(cell: string, ref: string): string {
  if (cell === '') return '';
  if (cell.startsWith('<')) return `<c r="${ref}"${cell.slice(1)}`;
  return `<c r="${ref}" t="inlineStr"><is><t>${escaped(cell)}</t></is></c>`;
}

/** Cells as they stand in a sheet. */
export const number = (value: string | number): string => `<><v>${value}</v></c>`;
export const date = (serial: number): string => `< s="1"><v>${serial}</v></c>`;
export const dateTime = (serial: number): string => `< s="2"><v>${serial}</v></c>`;
export const formula = (stored?: string): string => `<><f>A1</f>${stored === undefined ? '' : `<v>${stored}</v>`}</c>`;
export const errorCell = '< t="e"><v>#REF!</v></c>';
