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
  /** Undefined without a cursor, and while the store cannot be read. */
  lagEvents: number | undefined;
  isExact: boolean;
  oldestAgeSeconds: number | undefined;
  connected: boolean;
  creditEvents: number | undefined;
  lastAckMs: number | undefined;
  /** Acknowledged through; null when nothing was, undefined when positions were not asked for or the bus did not name the cursor. */
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
  /** Moment at which the process started, in seconds; counters of another run, or of another broker, cannot be compared. */
  startedAt: number | undefined;
  /** Why it is not ready; empty when it is. */
  problems: string[];
  /** Faults with which it is ready all the same. */
  warnings: string[];
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

const INFO = 'sluice_grant_info';
const ACCEPTED_BY_ENTRY = 'sluice_entry_accepted_events_total';

/** Series of a cursor, and what each sets. */
const SETTERS: Readonly<Record<string, (one: CursorSample, value: number) => void>> = {
  sluice_grant_delivered_events_total: (one, value) => {
    one.delivered = value;
  },
  sluice_grant_unacknowledged_events: (one, value) => {
    one.lagEvents = value;
  },
  sluice_grant_lag_exact: (one, value) => {
    one.isExact ||= value === 1;
  },
  sluice_grant_oldest_unacknowledged_age_seconds: (one, value) => {
    one.oldestAgeSeconds = value;
  },
  sluice_grant_connected: (one, value) => {
    one.connected = value === 1;
  },
  sluice_grant_credit_events: (one, value) => {
    one.creditEvents = value;
  },
  sluice_grant_last_acknowledgement_timestamp_seconds: (one, value) => {
    one.lastAckMs = value * 1000;
  },
};
const GRANT_SERIES = new Set([INFO, ACCEPTED_BY_ENTRY, ...Object.keys(SETTERS)]);
const BUS_SERIES = new Set([
  'process_start_time_seconds',
  'sluice_events_accepted_total',
  'sluice_events_refused_total',
  'sluice_deliveries_total',
  'sluice_intake_waiting_events',
  'sluice_sessions',
  'sluice_store_free_bytes',
  'sluice_store_capacity_bytes',
]);

/** Asks for the grants that one party holds or provides, or for all, and for positions of cursors where they are wanted. */
export interface Question {
  party: string | undefined;
  hasPositions: boolean;
}

/** Fetches one sample. */
export async function readBus(
  options: ConnectionOptions,
  { party, hasPositions }: Question,
  signal: AbortSignal,
): Promise<BusSample> {
  const api = apiOf(options);
  const request = { signal, timeoutMs: ANSWER_MS_MAX };
  const [readiness, text, grants, { positions, notices }] = await Promise.all([
    readinessOf(options, signal),
    api.text('/metrics', { ...request, accept: 'text/plain' }),
    api.text('/metrics/grants', { ...request, accept: 'text/plain', query: { party } }),
    hasPositions ? positionsOf(options, signal) : NO_POSITIONS,
  ]);
  const bus = parsePrometheus(text, (name) => BUS_SERIES.has(name));
  const samples = parsePrometheus(grants, (name) => GRANT_SERIES.has(name));
  return {
    atMs: Date.now(),
    startedAt: sumOf(bus, 'process_start_time_seconds'),
    problems: readiness.problems,
    warnings: readiness.warnings,
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

async function readinessOf(
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Pick<BusSample, 'problems' | 'warnings'>> {
  try {
    const request = { signal, timeoutMs: ANSWER_MS_MAX };
    const { warnings = [] } = await apiOf(options).json<{ warnings?: string[] }>('/readyz', request);
    return { problems: [], warnings };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { problems, detail } = error.problem;
    return { problems: problems ? problemTexts(problems) : [detail], warnings: [] };
  }
}

const keyOf = (grant: string, cursor: string): string => `${grant} ${cursor}`;

interface Positions {
  positions: Map<string, number | null>;
  notices: string[];
}

const NO_POSITIONS: Positions = { positions: new Map(), notices: [] };

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
  const cursors = new Map<string, CursorSample>();
  for (const { name, labels } of samples) {
    const { grant = '', cursor = '', party = '', provider = '', system = '', entry = '' } = labels;
    if (name !== INFO) continue;
    const key = keyOf(grant, cursor);
    cursors.set(key, {
      grant,
      cursor,
      party,
      provider,
      system,
      entry,
      delivered: 0,
      lagEvents: undefined,
      // Absent while the store cannot be read; a grant without a cursor has no lag.
      isExact: cursor === '',
      oldestAgeSeconds: undefined,
      connected: false,
      creditEvents: undefined,
      lastAckMs: undefined,
      position: positions.get(key),
    });
  }
  for (const { name, labels, value } of samples) {
    const one = cursors.get(keyOf(labels.grant ?? '', labels.cursor ?? ''));
    if (one) SETTERS[name]?.(one, value);
  }
  return [...cursors.values()];
}

function entriesOf(samples: readonly Sample[]): EntrySample[] {
  return samples
    .filter(({ name }) => name === ACCEPTED_BY_ENTRY)
    .map(({ labels: { entry = '', provider = '' }, value }) => ({ entry, provider, accepted: value }));
}
