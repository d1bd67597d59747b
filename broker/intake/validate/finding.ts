import { type ErrorCode, type Problem, type ProblemWhere, problemDocument } from '../../../proto/errors.js';

/** One thing that is wrong with an event; the message holds no value of the event. */
export interface Finding {
  code: ErrorCode;
  message: string;
  item?: string | undefined;
}

/** Cap of the findings in one problem; looking for more of them would take as long as the sender likes. */
export const FINDINGS_NAMED_MAX = 20;

/** The first finding gives the code; several findings are all listed in `problems`. */
export function problemOf(findings: readonly Finding[], where: ProblemWhere): Problem {
  const [first] = findings;
  if (!first) throw new TypeError('no finding, no problem');
  const problems = findings.slice(0, FINDINGS_NAMED_MAX).map(({ code, message }) => `${code}: ${message}`);
  return problemDocument(first.code, first.message, {
    ...where,
    ...(first.item !== undefined && { item: first.item }),
    ...(findings.length > 1 && { problems }),
  });
}
