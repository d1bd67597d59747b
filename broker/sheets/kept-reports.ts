import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Ledger } from '../ledger/ledger.js';
import type { Caller } from '../parties/caller.js';
import type { Acting } from '../parties/permissions.js';
import type { LawfulCatalog, RequestKey } from './lawful-catalog.js';

export interface KeptReportsDeps {
  ledger: Pick<Ledger, 'append'>;
  /** Throws NOT_YOUR_ROLE and NOT_ALLOWED. */
  requireEditor(caller: Caller): Promise<{ procedure: LawfulCatalog; acting: Acting }>;
}

/** An import with an idempotency key, before anything of its file is read. */
export interface ImportOnce {
  /** Report of the first request; absent where this one is the first. */
  before?: string;
  /** The pieces of the report; the last one goes out when the report is on the ledger. */
  keeping(pieces: AsyncIterable<string>): AsyncGenerator<string>;
  /** To be called when the answer is over: what waits for it goes on. */
  release(): void;
}

/** Texts of reports while they are sent: some twenty thousand lines. */
const CHARACTERS_MAX = 4 * 1024 * 1024;
/** Deflated, so that a record with it fits into a message of one mebibyte. */
const BYTES_MAX = 256 * 1024;

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

/**
 * Reports of imports, for a request that comes again with its key. An import is many acts, one for each entry, and none of them could hold the
 * report, so that it stands on the ledger with a record of its own, behind them. A request that broke off has none and is done again,
 * which lays down what was left. Decision: docs/decisions/0329.
 *
 * Invariant: a client that has the last line of a report gets the same report for the same key.
 */
export class KeptReports {
  /** Caller and key → resolves when the answer to the request in flight is over. */
  readonly #inFlight = new Map<string, Promise<void>>();

  constructor(private readonly deps: KeptReportsDeps) {}

  /** Waits while the same key is in flight on this broker. Throws KEY_REUSED. */
  async open(caller: Caller, key: RequestKey): Promise<ImportOnce> {
    const { procedure, acting } = await this.deps.requireEditor(caller);
    const name = `${acting.actor}\n${key.key}`;
    for (let other = this.#inFlight.get(name); other; other = this.#inFlight.get(name)) await other;
    let release = (): void => {};
    const isOver = new Promise<void>((resolve) => {
      release = () => {
        if (this.#inFlight.get(name) === isOver) this.#inFlight.delete(name);
        resolve();
      };
    });
    this.#inFlight.set(name, isOver);
    try {
      const kept = await procedure.answered(caller, key);
      const before = kept && (await inflated(Buffer.from(String(kept.report), 'base64'))).toString('utf8');
      const keeping = (pieces: AsyncIterable<string>) =>
        this.#keeping(pieces, (report, total) => this.#record({ caller, key, procedure, acting }, report, total));
      return { ...(before !== undefined && { before }), keeping, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async *#keeping(
    pieces: AsyncIterable<string>,
    record: (report: string, total: string) => Promise<void>,
  ): AsyncGenerator<string> {
    let report: string | undefined = '';
    let last: string | undefined;
    for await (const piece of pieces) {
      if (last !== undefined) yield last;
      last = piece;
      if (report !== undefined) report = report.length > CHARACTERS_MAX ? undefined : report + piece;
    }
    if (last === undefined) return;
    const total = last.slice(last.trimEnd().lastIndexOf('\n') + 1);
    await record(report ?? total, total);
    yield last;
  }

  /** A report that is too large for a record leaves its last line, the totals. */
  async #record(
    { caller, key, procedure, acting }: { caller: Caller; key: RequestKey; procedure: LawfulCatalog; acting: Acting },
    report: string,
    total: string,
  ): Promise<void> {
    const whole = await deflated(report);
    const bytes = whole.length > BYTES_MAX ? await deflated(total) : whole;
    const kept = procedure.kept(caller, key, { report: bytes.toString('base64') });
    const { party: id } = caller;
    const document = JSON.parse(total) as object;
    await this.deps.ledger.append(() => ({ kind: 'import', id, act: 'import', ...acting, document, kept }), acting);
  }
}
