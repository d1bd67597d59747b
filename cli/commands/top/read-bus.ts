import { ApiError } from '../../../client/errors.js';
import { problemTexts } from '../../../proto/errors.js';
import type { LagReport } from '../../../proto/http/lag.js';
import { apiOf, type ConnectionOptions } from '../../connection-options.js';
import { parsePrometheus, type Sample, sumOf } from './prometheus-text.js';

/** One cursor of one grant. Counters are sums since the broker started; times are in ms since 1970. */
export interface CursorSample {
  grant: string;
  cursor: string;
  party: string;
  provider: string;
  system: string;
  entry: string;
  delivered: number;
  lagEvents: number;
  isExact: boolean;
  oldestAgeSeconds: number;
  connected: boolean;
  creditEvents: number | undefined;
  lastAckMs: number | undefined;
  /** Acknowledged through; null when nothing was, undefined when `/v1/lag` did not name the cursor. */
  position: number | null | undefined;
}

/** Events of one entry that were accepted since the broker started. */
export interface EntrySample {
  entry: string;
  provider: string;
  accepted: number;
}

/** Answers of the bus at one moment. */
export interface BusSample {
  atMs: number;
  /** Why it is not ready; empty when it is. */
  problems: string[];
  /** Why figures by grant are old or missing. */
  notices: string[];
  accepted: number;
  refused: number;
  delivered: number;
  waiting: number | undefined;
  sessions: number | undefined;
  storeFree: number | undefined;
  storeCapacity: number | undefined;
  cursors: CursorSample[];
  /** Those that have had events, as far as the token may see them. */
  entries: EntrySample[];
}

/** A refresh that takes longer is given up, and the next one tries again. */
const ANSWER_MS_MAX = 5_000;

/** Fetches one sample. `party` limits the grants to those that it holds or provides. */
export async function readBus(
  options: ConnectionOptions,
  party: string | undefined,
  signal: AbortSignal,
): Promise<BusSample> {
  const api = apiOf(options);
  const request = { signal, timeoutMs: ANSWER_MS_MAX };
  const [problems, text, grants, { positions, notices }] = await Promise.all([
    problemsOf(options, signal),
    api.text('/metrics', { ...request, accept: 'text/plain' }),
    api.text('/metrics/grants', { ...request, accept: 'text/plain', query: { party } }),
    positionsOf(options, signal),
  ]);
  const bus = parsePrometheus(text);
  const samples = parsePrometheus(grants);
  return {
    atMs: Date.now(),
    problems,
    notices,
    // Without a series nothing has happened yet.
    accepted: sumOf(bus, 'sluice_events_accepted_total') ?? 0,
    refused: sumOf(bus, 'sluice_events_refused_total') ?? 0,
    delivered: sumOf(bus, 'sluice_deliveries_total') ?? 0,
    waiting: sumOf(bus, 'sluice_intake_waiting_events'),
    sessions: sumOf(bus, 'sluice_sessions'),
    storeFree: sumOf(bus, 'sluice_store_free_bytes'),
    storeCapacity: sumOf(bus, 'sluice_store_capacity_bytes'),
    cursors: cursorsOf(samples, positions),
    entries: entriesOf(samples),
  };
}

async function problemsOf(options: ConnectionOptions, signal: AbortSignal): Promise<string[]> {
  try {
    await apiOf(options).json('/readyz', { signal, timeoutMs: ANSWER_MS_MAX });
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.problem.problems ? problemTexts(error.problem.problems) : [error.problem.detail];
  }
}

const keyOf = (grant: string, cursor: string): string => `${grant} ${cursor}`;

interface Positions {
  positions: Map<string, number | null>;
  notices: string[];
}

/** None while the store cannot be read: what the broker knows by itself is shown all the same. */
async function positionsOf(options: ConnectionOptions, signal: AbortSignal): Promise<Positions> {
  const positions = new Map<string, number | null>();
  const notices: string[] = [];
  try {
    const asOf = await collectPositions(positions, options, signal);
    if (asOf !== undefined) notices.push(`the store answers slowly: acknowledgements since ${asOf} are not counted`);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'STORE_UNAVAILABLE')) throw error;
    notices.push(`how far cursors are behind is not known: ${error.message}`);
  }
  return { positions, notices };
}

/** Resolves with the time of figures that are older than the call. */
async function collectPositions(
  positions: Map<string, number | null>,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  let asOf: string | undefined;
  for (let after: string | undefined; ; ) {
    const request = { query: { after }, signal, timeoutMs: ANSWER_MS_MAX };
    const page = await apiOf(options).json<LagReport>('/v1/lag', request);
    for (const { grant, cursor, position } of page.cursors) positions.set(keyOf(grant, cursor), position);
    asOf ??= page.asOf;
    if (page.next === undefined) return asOf;
    after = page.next;
  }
}

function cursorsOf(samples: readonly Sample[], positions: ReadonlyMap<string, number | null>): CursorSample[] {
  const values = new Map<string, Map<string, number>>();
  for (const { name, labels, value } of samples) {
    const key = keyOf(labels.grant ?? '', labels.cursor ?? '');
    const ofCursor = values.get(key) ?? new Map<string, number>();
    values.set(key, ofCursor.set(name, value));
  }
  return samples
    .filter(({ name }) => name === 'sluice_grant_info')
    .map(({ labels }) => {
      const { grant = '', cursor = '', party = '', provider = '', system = '', entry = '' } = labels;
      const of = (name: string) => values.get(keyOf(grant, cursor))?.get(`sluice_grant_${name}`);
      const lastAck = of('last_acknowledgement_timestamp_seconds');
      return {
        grant,
        cursor,
        party,
        provider,
        system,
        entry,
        delivered: of('delivered_events_total') ?? 0,
        lagEvents: of('unacknowledged_events') ?? 0,
        // Absent while the store cannot be read; a grant without a cursor has no lag.
        isExact: cursor === '' || of('lag_exact') === 1,
        oldestAgeSeconds: of('oldest_unacknowledged_age_seconds') ?? 0,
        connected: of('connected') === 1,
        creditEvents: of('credit_events'),
        lastAckMs: lastAck === undefined ? undefined : lastAck * 1000,
        position: positions.get(keyOf(grant, cursor)),
      };
    });
}

function entriesOf(samples: readonly Sample[]): EntrySample[] {
  return samples
    .filter(({ name }) => name === 'sluice_entry_accepted_events_total')
    .map(({ labels: { entry = '', provider = '' }, value }) => ({ entry, provider, accepted: value }));
}
