import { type ErrorCode, type LawfulProblem, type ProblemWhere, SluiceError } from '../../../proto/errors.js';
import type { Fields, FileRef, ProcedureFile } from '../files/file.js';

/** The article behind a code where the act has none that fits better. */
const ARTICLES = new Map<ErrorCode, string>([
  ['NOT_YOUR_ROLE', 'R11'],
  ['FOUR_EYES', 'R20'],
  ['DIGEST_DIFFERS', 'R42'],
  ['LATE_CONDITION', 'R15'],
  ['RANK_TOO_LOW', 'R14'],
  ['SECRET_ITEM', 'R3'],
  ['CORE_DATA', 'R34'],
  ['NOT_SHARED', 'R14'],
  ['NOT_IN_CATALOG', 'R20'],
  ['NOT_A_PARTY', 'R2'],
  ['NO_BODY_HEAD', 'R11'],
  ['ENTRY_INVALID', 'R13'],
  ['INCOMPATIBLE_VERSION', 'R27'],
  ['SECOND_SUPPLEMENT', 'R21'],
  ['PAPERS_NO_REFUSAL', 'R21'],
  ['NOT_DELIVERED', 'R22'],
  ['LIVE_GRANTS', 'R27'],
  ['NOT_FILED', 'R27'],
  ['LEAD_EXISTS', 'R19'],
  ['CONSENT_MISSING', 'R25'],
  ['RECORD_LOCKED', 'R29'],
  ['CONTRACT_OVER', 'R36'],
  ['BREAK_GLASS', 'R36'],
  ['NOT_ALLOWED', 'R31'],
]);

/** Codes that no article stands behind, whatever the act. */
const WITHOUT_ARTICLE: readonly ErrorCode[] = [
  'STALE',
  'WRONG_STATE',
  'CONFLICT',
  'KEY_REUSED',
  'ATTACHMENT_UNKNOWN',
  'CALENDAR_INVALID',
  'CLOCK_BACKWARDS',
  'NOT_FOUND',
];
/** The act's own article fits these best. */
const OF_THE_ACT: readonly ErrorCode[] = [
  'INCOMPLETE',
  'NO_REASON',
  'EXTENSION_SPENT',
  'OVERDUE',
  'NEGOTIATION_MISSING',
];

export const articleOf = (code: ErrorCode, ofAct?: string): string | undefined =>
  OF_THE_ACT.includes(code) ? ofAct : ARTICLES.get(code);

/** A problem with the article that stands behind its code, or behind its field. */
export function problem(path: string, code: ErrorCode, text: string, article?: string): LawfulProblem {
  const given = article ?? ARTICLES.get(code);
  return { path, code, ...(given !== undefined && !WITHOUT_ARTICLE.includes(code) && { article: given }), text };
}

/** A refusal of the procedure: the code and article of the first problem, and all problems. */
export function refuse(problems: readonly LawfulProblem[], where: ProblemWhere = {}): SluiceError {
  const [first] = problems;
  if (!first) throw new TypeError('a refusal names at least one problem');
  const detail = problems.map(({ path, text }) => (path === '' ? text : `${path} ${text}`)).join('; ');
  return new SluiceError(first.code, detail, {
    ...(first.article !== undefined && { article: first.article }),
    problems: [...problems],
    ...where,
  });
}

export const refuseOne = (code: ErrorCode, text: string, path = '', article?: string): SluiceError =>
  refuse([problem(path, code, text, article)]);

/** Also of a file that the caller may not know of. */
export const noSuchFile = ({ kind, id }: FileRef): SluiceError =>
  refuseOne('NOT_FOUND', `there is no file ${id} among ${kind}`);

/** If-Match names another record than the file's last; `current` is the answer of now. */
export const staleFile = ({ kind, id, seq }: ProcedureFile, current: Fields): SluiceError => {
  const text = `${kind}/${id} was changed by record ${seq}`;
  return new SluiceError('STALE', text, { current, problems: [problem('', 'STALE', text)] });
};
