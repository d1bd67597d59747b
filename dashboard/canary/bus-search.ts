import { open } from 'node:fs/promises';
import type { Logger } from 'pino';
import { type ApiRequest, BusApi } from '../../client/bus-api.js';
import { httpUrl } from '../../client/bus-url.js';
import { ApiError } from '../../client/errors.js';
import { operatorReports } from '../../proto/async/spaced-reports.js';
import { canaryGrantId } from '../../proto/canary.js';
import type { LeakWatch } from './leak-watch.js';
import { searchedFetch } from './searched-fetch.js';
import type { LeakMedium } from './secrets.js';

export interface BusSearchOptions {
  url: string;
  /** Token of the source of the canary: its refusals are read. */
  sourceToken: string;
  /** Token of the follower. */
  followerToken: string;
  /** Token of an auditor; without one the ledger is not searched. */
  auditToken: string | undefined;
  /** Log files of brokers on this machine. */
  logFiles: readonly string[];
  watch: LeakWatch;
  log: Pick<Logger, 'warn'>;
  signal: AbortSignal;
}

interface ReadFile {
  at: number;
  /** A file of the same name with another one has taken its place. */
  inode: number;
  search: (piece: Uint8Array) => void;
}

const REQUEST_MS_MAX = 10_000;
const LEDGER_PAGE = 1_000;
/** Records and bytes that one round looks at; what is more waits for the next one. */
const LEDGER_PAGES_MAX = 10;
const LOG_BYTES_MAX = 8 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
/** No log has come so far. */
const BEYOND = 9_000_000_000_000;

/** Looks for the secrets of the canary where nobody subscribes: metrics, errors, the ledger, logs. */
export class BusSearch {
  #ledgerSeq = 0;
  readonly #read = new Map<string, ReadFile>();
  readonly #reports = operatorReports(() => performance.now());

  constructor(private readonly options: BusSearchOptions) {}

  /** An address that cannot be reached is left to the next round: that the bus is away is found by the rounds. */
  async run(): Promise<void> {
    const { auditToken, followerToken, logFiles } = this.options;
    await Promise.all([
      this.#search('metrics', '/metrics', (path) => this.#text('metrics', path, undefined, path)),
      this.#search('metrics', '/metrics/grants', (path) => this.#text('metrics', path, followerToken, path)),
      ...(auditToken === undefined ? [] : [this.#search('ledger', 'ledger', () => this.#ledger(auditToken))]),
      ...logFiles.map((file) => this.#search('logs', file, () => this.#logFile(file))),
    ]);
  }

  /** Makes the bus refuse what holds secrets, and what is asked for where they are, and reads what it answers. */
  async refusals(refusedEvent: object): Promise<void> {
    const { sourceToken, followerToken } = this.options;
    const ask = (path: string, request?: ApiRequest): Promise<string> =>
      this.#text('errors', 'refusal', followerToken, `/v1/grants/${canaryGrantId(0)}/${path}`, request);
    await Promise.allSettled([
      this.#publish(sourceToken, 'application/cloudevents+json', refusedEvent),
      this.#publish(sourceToken, 'text/plain', refusedEvent),
      this.#publish(followerToken, 'application/cloudevents+json', refusedEvent),
      ask('events', { query: { from: BEYOND } }),
      ask('events', { query: { from: BEYOND }, accept: 'text/event-stream' }),
      ask('events', { query: { from: 'earliest', narrow: '{"secret":{"prefix":"C"}}' } }),
      ask('cursors/refused', { method: 'POST', body: { position: BEYOND } }),
      ask('dead-letters/1/redrive', { method: 'POST' }),
    ]);
  }

  /** Reports, once in a while, what cannot be searched: it would look as if there were no leak. */
  async #search(medium: LeakMedium, source: string, search: (source: string) => Promise<unknown>): Promise<void> {
    try {
      await search(source);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined || this.options.signal.aborted) return;
      this.#reports.add(`${source} ${code}`, () =>
        this.options.log.warn({ medium, source, code }, 'the canary cannot search for its secrets there'),
      );
    }
  }

  /** Resolves with what the bus answers, all of which is searched. */
  #text(
    medium: LeakMedium,
    source: string,
    token: string | undefined,
    path: string,
    request: ApiRequest = {},
  ): Promise<string> {
    const { url, watch, signal } = this.options;
    const api = new BusApi({ url, token, fetch: searchedFetch(watch, medium, source) });
    return api.text(path, { accept: '*/*', ...request, signal, timeoutMs: REQUEST_MS_MAX });
  }

  async #publish(token: string, type: string, event: object): Promise<void> {
    const { url, watch, signal } = this.options;
    const answer = await searchedFetch(
      watch.forSource(),
      'errors',
      'refusal',
    )(httpUrl(url, '/v1/events'), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body: JSON.stringify(event),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
    });
    await answer.text();
  }

  async #ledger(token: string): Promise<void> {
    for (let page = 0; page < LEDGER_PAGES_MAX; page++) {
      const query = { after: this.#ledgerSeq, limit: LEDGER_PAGE };
      const text = await this.#text('ledger', 'ledger', token, '/v1/ledger', { query });
      const { records } = JSON.parse(text) as { records: { seq: number }[] };
      this.#ledgerSeq = records.at(-1)?.seq ?? this.#ledgerSeq;
      if (records.length < LEDGER_PAGE) return;
    }
  }

  /** Goes on where it ended; a file that became shorter, or is another one, was rotated. */
  async #logFile(path: string): Promise<void> {
    const file = await open(path, 'r');
    try {
      const { size, ino } = await file.stat();
      const known = this.#read.get(path);
      const isSame = known !== undefined && known.inode === ino && size >= known.at;
      const state = isSame ? known : { at: 0, inode: ino, search: this.options.watch.stream('logs', path) };
      this.#read.set(path, state);
      const piece = Buffer.alloc(PIECE_BYTES);
      const end = Math.min(size, state.at + LOG_BYTES_MAX);
      while (state.at < end) {
        const { bytesRead } = await file.read(piece, 0, Math.min(PIECE_BYTES, end - state.at), state.at);
        if (bytesRead === 0) return;
        state.search(piece.subarray(0, bytesRead));
        state.at += bytesRead;
      }
    } finally {
      await file.close();
    }
  }
}

/** The code of a refusal, or of a file that cannot be read; undefined while the bus is away. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof ApiError) return error.code;
  return (error as NodeJS.ErrnoException).syscall === undefined ? undefined : (error as NodeJS.ErrnoException).code;
}
