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
