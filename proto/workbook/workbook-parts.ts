import { posix } from 'node:path';
import { getFormatFromId } from 'numfmt';
import type { Archive } from './archive-directory.js';
import { BrokenFileError } from './broken-file.js';
import { unzip } from './unzip.js';
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

const PACKAGE_RELATIONS = '_rels/.rels';
/** Where a workbook stands in a package that does not say it. */
const WORKBOOK = 'xl/workbook.xml';

/**
 * Unpacks the small parts first, which name the sheets, and then no other sheet than the one that `choose` returns. Throws
 * BrokenFileError when the file is no workbook or `choose` finds none.
 */
export async function readWorkbook(
  packed: Archive,
  choose: (sheets: readonly WorkbookSheet[]) => WorkbookSheet | undefined,
): Promise<WorkbookParts> {
  const usual = await unzipParts(packed, [PACKAGE_RELATIONS, WORKBOOK, relationsOf(WORKBOOK)]);
  const workbook = workbookIn(usual.get(PACKAGE_RELATIONS));
  const isUsual = workbook.toLowerCase() === WORKBOOK;
  const small = isUsual ? usual : await unzipParts(packed, [workbook, relationsOf(workbook)]);
  const directory = directoryIn(part(small, workbook));
  const relations = relationsIn(part(small, relationsOf(workbook)), posix.dirname(workbook));
  const chosen = choose(directory.sheets.filter(({ relation }) => !relations.isOther(relation, 'worksheet')));
  if (!chosen) throw new BrokenFileError('the workbook has no such sheet');
  const sheetPath = relations.target(chosen.relation);
  const strings = relations.ofType('sharedStrings');
  const styles = relations.ofType('styles');
  const parts = await unzipParts(packed, [sheetPath, strings, styles]);
  return {
    name: chosen.name,
    sheetXml: part(parts, sheetPath),
    sharedStrings: strings === undefined ? [] : stringsIn(parts.get(partName(strings)) ?? ''),
    formats: styles === undefined ? [] : formatsIn(parts.get(partName(styles)) ?? ''),
    is1904: directory.is1904,
  };
}

const relationsOf = (part: string): string => posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`);

/** The part with the sheets, as the package names it. */
const workbookIn = (packageRelations: string | undefined): string =>
  (packageRelations === undefined ? undefined : relationsIn(packageRelations, '.').ofType('officeDocument')) ??
  WORKBOOK;

/** Names of parts differ by more than case; some programs write them with backslashes. */
const partName = (name: string): string => name.toLowerCase().replaceAll('\\', '/');

async function unzipParts(packed: Archive, names: readonly (string | undefined)[]): Promise<Map<string, string>> {
  const wanted = new Set(names.map((name) => name && partName(name)));
  return unzip(packed, (name) => (wanted.has(partName(name)) ? partName(name) : undefined));
}

function part(parts: ReadonlyMap<string, string>, name: string | undefined): string {
  const xml = name === undefined ? undefined : parts.get(partName(name));
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
  if (directory.sheets.length === 0) throw new BrokenFileError('it is not a workbook: it has no sheets');
  return directory;
}

/** `r:id`, whatever its prefix is. */
const relationOf = (attributes: Record<string, string>): string =>
  Object.entries(attributes).find(([name]) => name.endsWith(':id'))?.[1] ?? '';

/** Relations of a part in the folder. */
function relationsIn(xml: string, folder: string) {
  const relations: { id: string; type: string; path: string }[] = [];
  readXml(xml, {
    open: (name, { Id = '', Type = '', Target = '' }) => {
      if (name !== 'Relationship') return;
      const path = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target);
      relations.push({ id: Id, type: Type.slice(Type.lastIndexOf('/') + 1), path });
    },
  });
  return {
    target: (wanted: string) => relations.find(({ id }) => id === wanted)?.path,
    /** Charts and the like may stand among the sheets, and have no rows. */
    isOther: (wanted: string, type: string) => relations.some((one) => one.id === wanted && one.type !== type),
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
