import { ERROR_KINDS, type ErrorCode, type Problem } from '../proto/errors.js';

/** True for an HTTP status that a proxy or the bus answers for a condition that ends by itself. */
export const isRetryableStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * The one rule for a problem of the bus: its code decides. A code that this client does not know, because the bus is newer,
 * is judged by its HTTP status.
 */
export function isRetryableProblem({ code, status }: Pick<Problem, 'status'> & { code: string }): boolean {
  return isErrorCode(code) ? ERROR_KINDS[code].retryable : isRetryableStatus(status);
}

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_KINDS, code);
