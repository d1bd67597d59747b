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

/** RFC 4180, with a column per granted item behind our own ones, whose names no item can have. */
export function csvFormat(items: readonly string[]): LineFormat {
  const row = (fields: readonly string[]): string => `${fields.map(quoted).join(',')}\r\n`;
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

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
