import { Zip, ZipDeflate } from 'fflate';
import type { WrittenSheet } from './table-rows.js';

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
/** Rows that are packed in one turn of the event loop. */
const ROWS_PER_CHUNK = 100;

/** An XLSX workbook with every cell as text, packed sheet by sheet while it is sent. */
export async function* xlsxFile(sheets: readonly WrittenSheet[]): AsyncGenerator<Uint8Array> {
  let packed: Uint8Array[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    failure ??= error;
    packed.push(chunk);
  });
  const take = (): Uint8Array[] => {
    if (failure) throw failure;
    const chunks = packed;
    packed = [];
    return chunks;
  };
  for (const [name, text] of fixedParts(sheets)) {
    const part = new ZipDeflate(name);
    zip.add(part);
    part.push(Buffer.from(text), true);
  }
  for (const [index, sheet] of sheets.entries()) {
    const part = new ZipDeflate(`xl/worksheets/sheet${index + 1}.xml`);
    zip.add(part);
    for (const text of sheetXml(sheet)) {
      part.push(Buffer.from(text), false);
      yield* take();
      await new Promise(setImmediate);
    }
    part.push(new Uint8Array(0), true);
  }
  zip.end();
  yield* take();
}

function* fixedParts(sheets: readonly WrittenSheet[]): Generator<[string, string]> {
  const numbers = sheets.map((_sheet, index) => index + 1);
  const override = (part: string, type: string): string =>
    `<Override PartName="/${part}" ContentType="${TYPE}.${type}+xml"/>`;
  yield [
    '[Content_Types].xml',
    `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${override('xl/workbook.xml', 'sheet.main')}${override('xl/styles.xml', 'styles')}${numbers.map((number) => override(`xl/worksheets/sheet${number}.xml`, 'worksheet')).join('')}</Types>`,
  ];
  const relation = (id: number, type: string, target: string): string =>
    `<Relationship Id="rId${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`;
  const relations = (inner: string): string =>
    `${XML}<Relationships xmlns="${PACKAGE}/relationships">${inner}</Relationships>`;
  yield ['_rels/.rels', relations(relation(1, 'officeDocument', 'xl/workbook.xml'))];
  yield [
    'xl/_rels/workbook.xml.rels',
    relations(
      numbers.map((number) => relation(number, 'worksheet', `worksheets/sheet${number}.xml`)).join('') +
        relation(sheets.length + 1, 'styles', 'styles.xml'),
    ),
  ];
  const listed = sheets.map(
    ({ name }, index) => `<sheet name="${escaped(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
  );
  yield [
    'xl/workbook.xml',
    `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${listed.join('')}</sheets></workbook>`,
  ];
  // Format 49 is text: a code that is typed into the sheet later keeps its leading zeros.
  yield [
    'xl/styles.xml',
    `${XML}<styleSheet xmlns="${MAIN}"><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf numFmtId="49" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`,
  ];
}

function* sheetXml({ emptyRows, header, rows }: WrittenSheet): Generator<string> {
  let number = emptyRows + 1;
  let text = `${XML}<worksheet xmlns="${MAIN}"><sheetData>${rowXml(header, number)}`;
  let pending = 1;
  for (const row of rows) {
    text += rowXml(row, ++number);
    if (++pending < ROWS_PER_CHUNK) continue;
    yield text;
    text = '';
    pending = 0;
  }
  yield `${text}</sheetData></worksheet>`;
}

function rowXml(cells: readonly string[], number: number): string {
  const inner = cells.map((text, index) =>
    text === ''
      ? ''
      : `<c r="${columnLetters(index)}${number}" s="1" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`,
  );
  return `<row r="${number}">${inner.join('')}</row>`;
}

/** 0 → `A`, 26 → `AA`. */
function columnLetters(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${columnLetters(Math.floor(index / 26) - 1)}${letter}`;
}

/** A carriage return by itself would be read as a line feed. */
const NAMED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

const hexed = (one: string): string => `_x${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;

/** Characters that XML cannot carry are written as `_x0000_`, and what looks like one so that it stays what it is. */
const escaped = (text: string): string =>
  text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, hexed)
    .replace(/[&<>"\r]/g, (one) => NAMED[one] as string);
