import type {
  BusTime,
  FileAnswer,
  Notice,
  ProcedureMachine,
  StoredAttachment,
  WholeFile,
  WorklistItem,
} from '../../proto/http/procedure-files.js';
import { BusApi, type BusApiOptions } from '../bus-api.js';
import { joinedBytes } from '../joined-bytes.js';
import { type FollowNotices, type NoticeFilter, notices, noticesAsTheyCome } from './notice-reading.js';
import { repeated } from './repeated.js';

/** Fields of a document or an act, as docs/procedure.md names them. */
export type Fields = Record<string, unknown>;

export interface ActOptions {
  /** `seq` of the file as it was read: STALE where it has changed since. */
  ifMatch?: number | undefined;
  /** By default a new one for each call, so that a lost answer is asked for again without doing the act twice. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface FileFilter {
  /** One state, or several. */
  state?: string | readonly string[] | undefined;
  party?: string | undefined;
  entry?: string | undefined;
  /** `kind/id`, or an id. */
  about?: string | undefined;
  /** Files with a running clock that is due before that date. */
  dueBefore?: string | undefined;
  /** Adds the document to each file. */
  document?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Files that are asked for at a time. */
const PAGE = 200;
/** Acts that one call can do on many entries. */
export const BUNDLED_ACTS = ['approve', 'submit', 'publish', 'return'] as const;
export type BundledAct = (typeof BUNDLED_ACTS)[number];

/**
 * Calls of an officer on a registered bus. Throws ApiError for a refusal, with `problems` by path, and ConnectionLostError
 * when the bus was not reached in a few attempts; see docs/decisions/0190.
 */
export class ProcedureClient {
  readonly #api: BusApi;

  constructor(bus: BusApi | BusApiOptions) {
    this.#api = bus instanceof BusApi ? bus : new BusApi(bus);
  }

  /** The machines: kinds, states and acts, and who may do what. */
  async procedures(): Promise<ProcedureMachine[]> {
    return (await this.#read<{ machines: ProcedureMachine[] }>('/v1/procedures')).machines;
  }

  /** The file with its document and history. */
  get(kind: string, id: string): Promise<WholeFile> {
    return this.#read(kind === 'catalog' ? `${addressOf(kind, id)}/file` : addressOf(kind, id));
  }

  /** All files of a kind that the caller may see, oldest first, read page by page. */
  async *list(kind: string, { state, dueBefore, signal, ...filter }: FileFilter = {}): AsyncGenerator<FileAnswer> {
    const query = { ...filter, state: [state ?? []].flat().join(',') || undefined, 'due-before': dueBefore };
    // Without a word of a list the catalog answers a search of published entries.
    const words = { ...(kind === 'catalog' && { document: false }), ...defined(query) };
    for (let after: string | undefined; ; ) {
      const page = await this.#read<FilePage>(addressOf(kind), { ...words, after, limit: PAGE }, signal);
      yield* page.files ?? page.grants ?? page.systems ?? [];
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  /** Makes a file. */
  make(kind: string, document: Fields, options: ActOptions = {}): Promise<FileAnswer> {
    return this.#change('POST', addressOf(kind), document, options);
  }

  /** Performs an act on a file. */
  act(kind: string, id: string, act: string, body: Fields = {}, options: ActOptions = {}): Promise<FileAnswer> {
    return this.#change('POST', `${addressOf(kind, id)}/${encodeURIComponent(act)}`, body, options);
  }

  /** Lays down the draft of an entry; the answer has `changed` and `warnings`. */
  putEntry(entry: Fields & { id: string }, options: ActOptions = {}): Promise<FileAnswer> {
    return this.#change('PUT', addressOf('catalog', entry.id), entry, options);
  }

  /** Acts on up to 1,000 entries, on all or none; `digest` is what is signed. */
  async actOnEntries(
    act: BundledAct,
    entries: readonly { id: string; digest?: string; seq?: number }[],
    body: Fields = {},
    options: ActOptions = {},
  ): Promise<FileAnswer[]> {
    const path = `${addressOf('catalog')}/${act}`;
    const { results } = await this.#change<{ results: FileAnswer[] }>('POST', path, { ...body, entries }, options);
    return results;
  }

  /** Stores a paper of at most 10 MiB; acts name it by `sha256`. */
  attach(bytes: Uint8Array, type: string, { signal }: Pick<ActOptions, 'signal'> = {}): Promise<StoredAttachment> {
    // The same bytes again are the same attachment, so no key is needed.
    const file = { bytes, type };
    return repeated(() => this.#api.json('/v1/attachments', { method: 'POST', file, signal }), signal);
  }

  /** The bytes of a paper; each reading is on record. */
  async attachment(sha256: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    const path = `/v1/attachments/${encodeURIComponent(sha256)}`;
    for await (const piece of await this.#api.bytes(path, { accept: '*/*' })) pieces.push(piece);
    return joinedBytes(pieces);
  }

  /** Files that wait for the caller, the most urgent first. */
  worklist({ late }: { late?: boolean } = {}): Promise<{ items: WorklistItem[]; more?: boolean }> {
    return this.#read('/v1/desk', { late });
  }

  /** Notices to the caller's department, oldest first, read page by page. */
  notices(filter: NoticeFilter = {}): AsyncGenerator<Notice> {
    return notices(this.#api, filter);
  }

  /** Notices as they come, for ever, reconnecting by themselves; begins behind `after`. */
  followNotices(options: FollowNotices): AsyncGenerator<Notice> {
    return noticesAsTheyCome(this.#api, options);
  }

  /** Records that the department has read a notice; the first reading counts. */
  readNotice(id: string): Promise<Notice> {
    return repeated(() => this.#api.json(`/v1/notices/${encodeURIComponent(id)}/read`, { method: 'POST' }));
  }

  /** Where the notices of the department are posted to. */
  setWebhook(party: string, target: { url: string; secret: string }, options: ActOptions = {}): Promise<FileAnswer> {
    return this.#change('PUT', `${addressOf('parties', party)}/webhook`, target, options);
  }

  clock(): Promise<BusTime> {
    return this.#read('/v1/clock');
  }

  /** Sets a test clock. Resolves when all that fell due on the way was acted on, which may take minutes. */
  setClock(now: string, { timeoutMs = 600_000 }: { timeoutMs?: number } = {}): Promise<BusTime> {
    return this.#api.json('/v1/clock', { method: 'POST', body: { now }, timeoutMs });
  }

  /** Becomes the first administrator of a department by the code that it was given; needs no token. */
  redeem(
    code: string,
    officer: { id: string; name: string | { zh?: string; en?: string } },
    options: ActOptions = {},
  ): Promise<{ officer: { id: string; party: string; roles: string[] }; token: string }> {
    return this.#change('POST', '/v1/enrolments/redeem', { code, officer }, options);
  }

  #read<Answer>(path: string, query?: Fields, signal?: AbortSignal): Promise<Answer> {
    return repeated(() => this.#api.json(path, { query: query as never, signal }), signal);
  }

  #change<Answer = FileAnswer>(
    method: 'POST' | 'PUT',
    path: string,
    body: Fields,
    { idempotencyKey = crypto.randomUUID(), ifMatch, signal }: ActOptions,
  ): Promise<Answer> {
    return repeated(() => this.#api.json(path, { method, body, idempotencyKey, ifMatch, signal }), signal);
  }
}

interface FilePage {
  files?: FileAnswer[];
  grants?: FileAnswer[];
  systems?: FileAnswer[];
  next?: string;
}

const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const addressOf = (...parts: string[]): string => ['/v1', ...parts.map(encodeURIComponent)].join('/');
