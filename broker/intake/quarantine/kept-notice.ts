import type { ErrorCode } from '../../../proto/errors.js';
import type { QuarantineEntry } from './quarantine-record.js';

/** A report tells an operator which source to repair; once is enough, not for each event. */
const NOTICE_INTERVAL_MS = 600_000;
/** Sources with a code each; of more, all are forgotten. */
const SOURCES_MAX = 1_000;

interface Reported {
  atMs: number;
  unreported: number;
}

/**
 * Reports whose events are quarantined: entry, system and code, each at most once in ten minutes with their number since the last
 * report. The metric only says that there are some.
 */
export class KeptNotice {
  readonly #sources = new Map<string, Reported>();

  constructor(
    private readonly clock: () => number,
    private readonly report: (message: string) => void,
  ) {}

  add({ subject }: Pick<QuarantineEntry, 'subject'>, code: ErrorCode): void {
    const key = `${subject} ${code}`;
    if (this.#sources.size >= SOURCES_MAX && !this.#sources.has(key)) this.#sources.clear();
    const source = this.#sources.get(key) ?? { atMs: Number.NEGATIVE_INFINITY, unreported: 0 };
    this.#sources.set(key, source);
    source.unreported++;
    const nowMs = this.clock();
    if (nowMs - source.atMs < NOTICE_INTERVAL_MS) return;
    const [, party, name, system] = subject.split('.');
    this.report(`${source.unreported} events of entry ${party}.${name} from system ${system} are quarantined: ${code}`);
    source.atMs = nowMs;
    source.unreported = 0;
  }
}
