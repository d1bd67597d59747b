import { open } from 'node:fs/promises';
import { httpUrl } from '../../client/bus-url.js';
import type { LeakWatch } from './leak-watch.js';

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
  signal: AbortSignal;
}

const REQUEST_MS_MAX = 10_000;
const LEDGER_PAGE = 1_000;
/** Records and bytes that one round looks at; what is more waits for the next one. */
const LEDGER_PAGES_MAX = 10;
const LOG_BYTES_MAX = 8 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

/** Looks for the secrets of the canary where nobody subscribes: metrics, errors, the ledger, logs. */
export class BusSearch {
  #ledgerSeq = 0;
  /** File → bytes that were read. */
  readonly #read = new Map<string, { at: number; search: (piece: Uint8Array) => void }>();

  constructor(private readonly options: BusSearchOptions) {}

  /** An address that cannot be reached is left to the next round: that the bus is away is found by the rounds. */
  async run(): Promise<void> {
    const parts = [this.#metrics(), this.#ledger(), ...this.options.logFiles.map((file) => this.#logFile(file))];
    await Promise.allSettled(parts);
  }

  /** Makes the bus refuse what holds secrets, and reads what it says. */
  async refusals(refusedEvent: object): Promise<void> {
    const { sourceToken, followerToken, watch } = this.options;
    const body = JSON.stringify(refusedEvent);
    const publish = (token: string, type: string): Promise<string> =>
      this.#text('/v1/events', token, { method: 'POST', headers: { 'content-type': type }, body });
    const answers = await Promise.allSettled([
      publish(sourceToken, 'application/cloudevents+json'),
      publish(sourceToken, 'text/plain'),
      publish(followerToken, 'application/cloudevents+json'),
    ]);
    for (const answer of answers) if (answer.status === 'fulfilled') watch.text('errors', 'refusal', answer.value);
  }

  async #metrics(): Promise<void> {
    this.options.watch.text('metrics', '/metrics', await this.#text('/metrics', undefined));
  }

  async #ledger(): Promise<void> {
    const { auditToken, watch } = this.options;
    if (auditToken === undefined) return;
    for (let page = 0; page < LEDGER_PAGES_MAX; page++) {
      const text = await this.#text(`/v1/ledger?after=${this.#ledgerSeq}&limit=${LEDGER_PAGE}`, auditToken);
      watch.text('ledger', 'ledger', text);
      const { records = [] } = JSON.parse(text) as { records?: { seq: number }[] };
      this.#ledgerSeq = records.at(-1)?.seq ?? this.#ledgerSeq;
      if (records.length < LEDGER_PAGE) return;
    }
  }

  /** Goes on where it ended; a file that became shorter was rotated. */
  async #logFile(path: string): Promise<void> {
    const state = this.#read.get(path) ?? { at: 0, search: this.options.watch.stream('logs', path) };
    this.#read.set(path, state);
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size < state.at) state.at = 0;
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

  async #text(path: string, token: string | undefined, init: RequestInit = {}): Promise<string> {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const signal = AbortSignal.any([this.options.signal, AbortSignal.timeout(REQUEST_MS_MAX)]);
    return (await fetch(httpUrl(this.options.url, path), { ...init, headers, signal })).text();
  }
}
