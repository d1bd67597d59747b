import type { Row, ViewName } from './rates.js';

/** Columns that all tables have. */
export const FIGURES = ['LAG', 'OLDEST', 'CREDIT', 'LAST ACK', 'ON'] as const;

export const HEADS: Readonly<Record<ViewName, readonly string[]>> = {
  grants: ['GRANT', 'RATE/S', ...FIGURES, 'CURSOR', 'PARTY', 'ENTRY'],
  entries: ['ENTRY', 'IN/S', 'OUT/S', ...FIGURES],
  parties: ['PARTY', 'IN/S', 'OUT/S', ...FIGURES],
};

/** One cell for each column of the view; `-` where there is nothing to say. */
export function cellsOf(row: Row, view: ViewName, nowMs: number): string[] {
  const { one, cursors, connected, rate, acceptedRate, lastAckMs } = row;
  const lastAck = lastAckMs !== undefined ? ageText((nowMs - lastAckMs) / 1000) : cursors > 0 ? 'never' : '-';
  const figures = [...lagCells(row), row.creditEvents === undefined ? '-' : String(row.creditEvents), lastAck];
  if (!one || view !== 'grants') {
    return [row.id, rateText(acceptedRate), rateText(rate), ...figures, cursors > 0 ? `${connected}/${cursors}` : '-'];
  }
  return [row.id, rateText(rate), ...figures, one.connected ? 'yes' : 'no', one.cursor || '-', one.party, one.entry];
}

/** A `+` after the lag: older events are still being counted. */
function lagCells({ lagEvents, isExact, oldestAgeSeconds = 0 }: Row): [string, string] {
  if (lagEvents === undefined) return ['-', '-'];
  return [`${lagEvents}${isExact ? '' : '+'}`, lagEvents === 0 ? '-' : ageText(oldestAgeSeconds)];
}

export const rateText = (rate: number | undefined): string =>
  rate === undefined ? '-' : rate < 10 && rate > 0 ? rate.toFixed(1) : String(Math.round(rate));

/** Short, since the line has 80 columns. */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${whole % 60}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)}h${Math.floor((whole % 3_600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d${Math.floor((whole % 86_400) / 3_600)}h`;
}
