import { posix } from 'node:path';
import { getFormatFromId } from 'numfmt';
import { BrokenFileError } from './broken-file.js';
import { type Archive, unzip } from './unzip.js';
import { readXml } from './xml.js';

/** The parts of a workbook that say how the cells of one sheet are read. */
export interface WorkbookParts {
  /** Name of the sheet. */
  name: string;
  sheetXml: string;
  sharedStrings: string[];
  /** Number format codes by the style of a cell. */
  formats: string[];
  is1904: boolean;
}

export interface WorkbookSheet {
  name: string;
  isHidden: boolean;
  /** Relation that names the part of the workbook with its rows. */
  relation: string;
}

interface Directory {
  sheets: WorkbookSheet[];
  is1904: boolean;
}

const WORKBOOK = 'xl/workbook.xml';
const RELATIONS = 'xl/_rels/workbook.xml.rels';

/**
 * Unpacks the small parts first, which name the sheets, and then no other sheet than the one that `choose` returns. Throws
 * BrokenFileError when the file is no workbook or `choose` finds none.
 */
export async function readWorkbook(
  packed: Archive,
  choose: (sheets: readonly WorkbookSheet[]) => WorkbookSheet | undefined,
): Promise<WorkbookParts> {
  const small = await unzip(packed, (name) => name === WORKBOOK || name === RELATIONS);
  const directory = directoryIn(part(small, WORKBOOK));
  const relations = relationsIn(part(small, RELATIONS));
  const chosen = choose(directory.sheets);
  if (!chosen) throw new BrokenFileError('the workbook has no such sheet');
  const sheetPath = relations.target(chosen.relation);
  const strings = relations.ofType('sharedStrings');
  const styles = relations.ofType('styles');
  const parts = await unzip(packed, (name) => [sheetPath, strings, styles].includes(name));
  return {
    name: chosen.name,
    sheetXml: part(parts, sheetPath),
    sharedStrings: strings === undefined ? [] : stringsIn(parts.get(strings) ?? ''),
    formats: styles === undefined ? [] : formatsIn(parts.get(styles) ?? ''),
    is1904: directory.is1904,
  };
}

function part(parts: ReadonlyMap<string, string>, name: string | undefined): string {
  const xml = name === undefined ? undefined : parts.get(name);
  if (xml === undefined) throw new BrokenFileError('it is not a workbook: a part of it is missing');
  return xml;
}

function directoryIn(xml: string): Directory {
  const directory: Directory = { sheets: [], is1904: false };
  readXml(xml, {
    open: (name, attributes) => {
      if (name === 'workbookPr') directory.is1904 = /^(?:1|true|on)$/.test(attributes.date1904 ?? '');
      if (name !== 'sheet') return;
      const isHidden = /^(?:hidden|veryHidden)$/.test(attributes.state ?? '');
      directory.sheets.push({ name: attributes.name ?? '', isHidden, relation: relationOf(attributes) });
    },
  });
  return directory;
}

/** `r:id`, whatever its prefix is. */
const relationOf = (attributes: Record<string, string>): string =>
  Object.entries(attributes).find(([name]) => name.endsWith(':id'))?.[1] ?? '';

function relationsIn(xml: string) {
  const relations: { id: string; type: string; path: string }[] = [];
  readXml(xml, {
    open: (name, { Id = '', Type = '', Target = '' }) => {
      if (name !== 'Relationship') return;
      const path = Target.startsWith('/') ? Target.slice(1) : posix.join('xl', Target);
      relations.push({ id: Id, type: Type.slice(Type.lastIndexOf('/') + 1), path });
    },
  });
  return {
    target: (wanted: string) => relations.find(({ id }) => id === wanted)?.path,
    ofType: (wanted: string) => relations.find(({ type }) => type === wanted)?.path,
  };
}

/** Texts by index. Phonetic readings (`rPh`) are no part of the text. */
function stringsIn(xml: string): string[] {
  const strings: string[] = [];
  let text = '';
  const inside: string[] = [];
  readXml(xml, {
    open: (name) => {
      inside.push(name);
      if (name === 'si') text = '';
    },
    text: (one) => {
      if (inside.at(-1) === 't' && !inside.includes('rPh')) text += one;
    },
    close: (name) => {
      inside.pop();
      if (name === 'si') strings.push(unescaped(text));
    },
  });
  return strings;
}

/** `_x000D_` stands for a character that XML cannot carry. */
export const unescaped = (text: string): string =>
  text.replace(/_x([0-9A-Fa-f]{4})_/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

function formatsIn(xml: string): string[] {
  const own = new Map<number, string>();
  const formats: string[] = [];
  let isInCellFormats = false;
  readXml(xml, {
    open: (name, { numFmtId = '0', formatCode = 'General' }) => {
      if (name === 'numFmt') own.set(Number(numFmtId), formatCode);
      if (name === 'cellXfs') isInCellFormats = true;
      if (name === 'xf' && isInCellFormats) formats.push(own.get(Number(numFmtId)) ?? builtIn(Number(numFmtId)));
    },
    close: (name) => {
      if (name === 'cellXfs') isInCellFormats = false;
    },
  });
  return formats;
}

const builtIn = (id: number): string => getFormatFromId(id) ?? 'General';
