import type { FileState } from './file.js';

/**
 * The earliest moment at which something of a file falls due, in milliseconds since 1970: a running clock, or what ends by
 * itself. Undefined for never.
 */
export function dueMoment({ clocks, memo }: Pick<FileState, 'clocks' | 'memo'>): number | undefined {
  const moments = clocks.filter(({ state }) => state === 'running').map(({ lateFrom }) => Date.parse(lateFrom));
  if (typeof memo.endsAt === 'string') moments.push(Date.parse(memo.endsAt));
  const earliest = Math.min(...moments);
  return Number.isFinite(earliest) ? earliest : undefined;
}

/**
 * The earliest moment at which a clock of a file is late, or was, of those that still ask for an act; in milliseconds since 1970. Undefined
 * where none does.
 */
export function urgentMoment({ clocks }: Pick<FileState, 'clocks'>): number | undefined {
  const open = clocks.filter(({ state, doneAt }) => state !== 'met' && doneAt === undefined);
  const earliest = Math.min(...open.map(({ lateFrom }) => Date.parse(lateFrom)));
  return Number.isFinite(earliest) ? earliest : undefined;
}
