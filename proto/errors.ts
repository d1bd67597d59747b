/** HTTP status and title of an error code, and whether repeating the request can help. */
export interface ErrorKind {
  /** HTTP status of the problem+json that carries the code. */
  status: number;
  /** Short title for people, the same for every occurrence. */
  title: string;
  /** True when the same request can succeed later unchanged. */
  retryable: boolean;
}

const kind = (status: number, title: string, retryable = false): ErrorKind => ({ status, title, retryable });

/** Every code in problem documents and in `error` and `ended` frames. Codes are never reused; docs/errors.md lists them. */
export const ERROR_KINDS = {
  // the request
  BAD_REQUEST: kind(400, 'The request is malformed'),
  BAD_JSON: kind(400, 'The text is not JSON'),
  NOT_UTF8: kind(400, 'The text is not UTF-8'),
  BAD_FRAME: kind(400, 'The frame is malformed'),
  UNSUPPORTED_MEDIA_TYPE: kind(415, 'The content type is not supported'),
  NOT_AUTHENTICATED: kind(401, 'The credential is missing or not valid'),
  NOT_ALLOWED: kind(403, 'The caller may not do this'),
  NOT_FOUND: kind(404, 'There is no such thing'),
  METHOD_NOT_ALLOWED: kind(405, 'The method is not known for this path'),
  CONFLICT: kind(409, 'The thing has changed or is in another state'),
  TOO_LARGE: kind(413, 'The request or event is too large'),
  EXPECTATION_FAILED: kind(417, 'The expectation cannot be met'),
  HEADERS_TOO_LARGE: kind(431, 'The head of the request is too large'),
  REQUEST_TIMEOUT: kind(408, 'The request did not arrive in time', true),
  TOO_MANY: kind(429, 'Too much at once', true),
  // events
  EVENT_INVALID: kind(422, 'The event is malformed'),
  UNKNOWN_ENTRY: kind(422, 'The catalog has no such published entry'),
  FOREIGN_ENTRY: kind(403, 'The entry belongs to another party'),
  FOREIGN_SOURCE: kind(403, 'The source is not the publishing system'),
  UNKNOWN_ITEM: kind(422, 'The entry has no such item'),
  ITEM_INVALID: kind(422, 'An item has a wrong type or breaks a limit'),
  MISSING_IDENTIFIER: kind(422, 'The identifier item is missing'),
  SUBJECT_MISMATCH: kind(422, 'The subject differs from the identifier item'),
  MISSING_PREVIOUS: kind(422, 'The previous values of the filterable items are missing'),
  BATCH_REFUSED: kind(422, 'The atomic batch was refused as a whole'),
  PRECEDING_FAILED: kind(409, 'An earlier event of this source has failed and must be sent again first', true),
  STORE_FULL: kind(507, 'The store is full', true),
  STORE_UNAVAILABLE: kind(503, 'The store is not available', true),
  SHUTTING_DOWN: kind(503, 'The broker is shutting down', true),
  INTERNAL: kind(500, 'Something went wrong inside', true),
  // catalog, grants, bundles
  ENTRY_INVALID: kind(422, 'The catalog entry is not valid'),
  SECRET_ITEM: kind(422, 'Secret data does not travel over this bus'),
  CORE_DATA: kind(422, 'Core data does not travel over this bus'),
  PATTERN_NOT_LINEAR: kind(422, 'A pattern could take more than linear time'),
  INCOMPATIBLE_VERSION: kind(409, 'The new version is not compatible with the one before'),
  GRANT_INVALID: kind(422, 'The grant is not valid'),
  UNKNOWN_PREDICATE: kind(422, 'The row filter has an unknown item or keyword'),
  BUNDLE_INVALID: kind(422, 'The bundle is not valid'),
  TRIAL_ONLY: kind(403, 'This is possible in trial mode only'),
  // the lawful procedure
  NOT_YOUR_ROLE: kind(403, 'The act is for another role'),
  FOUR_EYES: kind(403, 'A second person must do this'),
  STALE: kind(409, 'The file has changed since it was read'),
  WRONG_STATE: kind(409, 'The file is not in a state for this act'),
  KEY_REUSED: kind(409, 'The idempotency key stands for another request'),
  DIGEST_DIFFERS: kind(422, 'The signature is over another document'),
  ATTACHMENT_UNKNOWN: kind(422, 'The attachment is not stored'),
  INCOMPLETE: kind(422, 'Mandatory fields or records are missing'),
  NO_REASON: kind(422, 'A reason or its code is missing'),
  LATE_CONDITION: kind(422, 'The reply has a condition that the entry does not list'),
  RANK_TOO_LOW: kind(422, 'The legal basis is of too low a rank'),
  NOT_SHARED: kind(403, 'The data is not shared'),
  NOT_IN_CATALOG: kind(422, 'The catalog has no such published entry'),
  NOT_A_PARTY: kind(403, 'Only a government department or an empowered organisation can be a party'),
  NO_BODY_HEAD: kind(409, 'The department has no work body with a head in office'),
  SECOND_SUPPLEMENT: kind(409, 'Papers were asked for once already'),
  PAPERS_NO_REFUSAL: kind(422, 'Missing papers are no reason to refuse'),
  EXTENSION_SPENT: kind(409, 'The extension is used up'),
  OVERDUE: kind(409, 'The limit has passed'),
  NOT_DELIVERED: kind(409, 'Nothing proves a delivery'),
  LIVE_GRANTS: kind(409, 'Grants that live depend on it'),
  NOT_FILED: kind(409, 'The change is not filed, or its date is ahead'),
  NEGOTIATION_MISSING: kind(409, 'There is no record of a negotiation'),
  LEAD_EXISTS: kind(409, 'Another department provides the item by designation'),
  CONSENT_MISSING: kind(403, 'The provider has not agreed to onward sharing'),
  RECORD_LOCKED: kind(409, 'The record must still be kept'),
  CALENDAR_INVALID: kind(422, 'The calendar is not valid'),
  CLOCK_BACKWARDS: kind(422, 'The time of the bus only moves forward'),
  CONTRACT_OVER: kind(403, 'The contract of the contractor has ended'),
  BREAK_GLASS: kind(403, 'There is no open access for this'),
  // subscriptions
  UNKNOWN_GRANT: kind(404, 'There is no such grant for the caller'),
  GRANT_NOT_IN_FORCE: kind(403, 'The grant is not in force'),
  POSITION_GONE: kind(410, 'The log does not have that position'),
  BEFORE_HISTORY: kind(403, 'The position is earlier than the grant may look back to'),
  CURSOR_BOUND: kind(409, 'The cursor belongs to another narrowing'),
  UNKNOWN_CHANNEL: kind(404, 'The session has no such channel'),
  ACK_BEYOND_SENT: kind(422, 'The acknowledged position was not sent'),
  // how a subscription ends
  REVOKED: kind(403, 'The grant was suspended or terminated'),
  EXPIRED: kind(403, 'The period of the grant is over'),
  SUPERSEDED: kind(409, 'A newer session follows this grant and cursor'),
  ENTRY_WITHDRAWN: kind(410, 'The entry was withdrawn'),
  ENTRY_CHANGED: kind(409, 'A new version of the entry changes what the grant delivers', true),
  GRANT_CHANGED: kind(409, 'The grant was changed', true),
  LEDGER_OUT_OF_SIGHT: kind(503, 'The broker cannot see the ledger and has stopped delivering and taking events', true),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** Codes of refusals that are no fault of what was refused: objectives count them against the bus. */
export const FAULTS_OF_THE_BUS = (Object.keys(ERROR_KINDS) as ErrorCode[]).filter((code) => {
  const { status } = ERROR_KINDS[code];
  return status === TOO_MANY_REQUESTS || status >= SERVER_ERROR;
});

/** The place of a problem: event, entry, item, line. It never holds a value of the data. */
export interface ProblemWhere {
  event?: string | undefined;
  entry?: string | undefined;
  item?: string | undefined;
  line?: number | undefined;
  grant?: string | undefined;
  /** `ref` of the refused frame, if it could be read. */
  ref?: string | undefined;
  /** With POSITION_GONE: the earliest position that exists. */
  earliest?: number | undefined;
  /** All problems of the request, each as a text for people; of the lawful procedure each with its path and code. */
  problems?: string[] | LawfulProblem[] | undefined;
  /** Article of the Regulations behind the refusal, `R21`. */
  article?: string | undefined;
  /** With STALE: the file as it is now. */
  current?: unknown;
  /** Where the law sends a caller who is refused here. */
  links?: Record<string, string> | undefined;
}

/** One of the problems of a refused act. */
export interface LawfulProblem {
  /** JSON Pointer into the body, `/period/from`, or ''. */
  path: string;
  code: ErrorCode;
  article?: string | undefined;
  text: string;
}

/** Problems as lines for people, whichever form they have. */
export const problemTexts = (problems: ProblemWhere['problems'] = []): string[] =>
  problems.map((one) =>
    typeof one === 'string' ? one : [one.path, one.code, one.article, one.text].filter(Boolean).join(' '),
  );

/** RFC 9457 problem document. */
export interface Problem extends ProblemWhere {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
}

/** An error for users. Its message says what is wrong and why, and holds no payload and no token. */
export class SluiceError extends Error {
  override readonly name: string = 'SluiceError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly where: ProblemWhere = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get status(): number {
    return ERROR_KINDS[this.code].status;
  }

  get retryable(): boolean {
    return ERROR_KINDS[this.code].retryable;
  }

  toProblem(): Problem {
    return problemDocument(this.code, this.message, this.where);
  }
}

/** A problem without an error: one of thousands of refused events must not pay for a stack trace. */
export function problemDocument(code: ErrorCode, detail: string, where: ProblemWhere = {}): Problem {
  const { title, status } = ERROR_KINDS[code];
  return {
    type: `urn:sluice:error:${code}`,
    title,
    status,
    code,
    detail,
    ...where,
  };
}

/** The problem document of anything thrown. An error that is no SluiceError becomes INTERNAL without its message. */
export function toProblem(error: unknown, where: ProblemWhere = {}): Problem {
  const known = error instanceof SluiceError ? error : new SluiceError('INTERNAL', 'unexpected failure, see the log');
  return { ...known.toProblem(), ...where };
}
