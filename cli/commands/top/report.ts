import { type Row, rateOf, rowsOf } from './rates.js';
import type { BusSample } from './read-bus.js';

/** One line of `--json`. Every field is there in every line; what is not known is null. docs/command-line.md lists them. */
export function reportOf(now: BusSample, before: BusSample | undefined): object {
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  return {
    at: new Date(now.atMs).toISOString(),
    ready: now.problems.length === 0,
    problems: now.problems,
    warnings: now.warnings,
    notices: now.notices,
    acceptedRate: rateOf(now.accepted, before?.accepted, elapsedMs) ?? null,
    refusedRate: rateOf(now.refused, before?.refused, elapsedMs) ?? null,
    deliveredRate: rateOf(now.delivered, before?.delivered, elapsedMs) ?? null,
    waiting: now.waiting ?? null,
    sessions: now.sessions ?? null,
    storeFree: now.storeFree ?? null,
    storeCapacity: now.storeCapacity ?? null,
    grants: rowsOf('grants', now, before).map(grantReport),
    entries: rowsOf('entries', now, before).map(groupReport),
    parties: rowsOf('parties', now, before).map(groupReport),
  };
}

/** The line of a refresh to which the bus gave no answer. */
export function failureReport(message: string, nowMs: number): object {
  return {
    at: new Date(nowMs).toISOString(),
    ready: false,
    problems: [message],
    warnings: [],
    notices: [],
    acceptedRate: null,
    refusedRate: null,
    deliveredRate: null,
    waiting: null,
    sessions: null,
    storeFree: null,
    storeCapacity: null,
    grants: null,
    entries: null,
    parties: null,
  };
}

function grantReport(row: Row): object {
  const { one } = row;
  return {
    id: row.id,
    grant: row.id,
    cursor: one?.cursor ?? '',
    party: one?.party ?? null,
    provider: one?.provider ?? null,
    system: one?.system ?? null,
    entry: one?.entry ?? null,
    delivered: one?.delivered ?? null,
    position: one?.position ?? null,
    ...figuresOf(row),
  };
}

const groupReport = (row: Row): object => ({
  id: row.id,
  acceptedRate: row.acceptedRate ?? null,
  ...figuresOf(row),
});

function figuresOf(row: Row) {
  return {
    cursors: row.cursors,
    connected: row.connected,
    rate: row.rate ?? null,
    lagEvents: row.lagEvents ?? null,
    isExact: row.isExact,
    oldestAgeSeconds: row.oldestAgeSeconds ?? null,
    creditEvents: row.creditEvents ?? null,
    lastAckMs: row.lastAckMs ?? null,
  };
}
