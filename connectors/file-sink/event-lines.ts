import type { DeliveredEvent, ItemValue } from '../../proto/event/event.js';

/** Format of the lines of a file. */
export interface LineFormat {
  /** First line of each file. */
  head: string;
  line(event: DeliveredEvent): string;
}

export const NDJSON: LineFormat = {
  head: '',
  line: (event) => `${JSON.stringify(event)}\n`,
};

const OWN_COLUMNS = ['_op', '_position', '_time', '_subject', '_snapshotid'] as const;

/** `text`: a value that a spreadsheet would run as a formula gets an apostrophe in front, which makes it text there. */
export type Formulas = 'text' | 'keep';

/** RFC 4180, with a column per granted item behind our own ones, whose names no item can have. */
export function csvFormat(items: readonly string[], formulas: Formulas = 'text'): LineFormat {
  const field = (text: string): string => quoted(formulas === 'text' && isFormula(text) ? `'${text}` : text);
  const row = (fields: readonly string[]): string => `${fields.map(field).join(',')}\r\n`;
  return {
    head: row([...OWN_COLUMNS, ...items]),
    line: ({ op, position, time, subject = '', snapshotid = '', data = {} }) =>
      row([op, String(position), time, subject, snapshotid, ...items.map((item) => textOf(data[item]))]),
  };
}

function textOf(value: ItemValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A plain number, such as -5 or +8613800000000, is harmless. The wide characters count in some spreadsheets as well. */
const isFormula = (text: string): boolean => /^[\s]*[=+\-@＝＋－＠]/.test(text) && !/^[+-]?\d+(?:\.\d+)?$/.test(text);

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
