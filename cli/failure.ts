import { startFailureMessage } from '../broker/boot/start-failure.js';
import { ConfigError } from '../broker/config.js';
import { ApiError, ClientError, ConnectionLostError } from '../client/errors.js';
import { problemTexts, SluiceError } from '../proto/errors.js';
import { EXIT, UsageError } from './exit-codes.js';
import { printableLine } from './printable.js';

/** An error in the form in which a command prints it. */
export interface Failure {
  exitCode: number;
  /** Stable code of the bus or of the client; absent for a wrong command line. */
  code?: string | undefined;
  message: string;
  problems: readonly string[];
}

/**
 * Translates anything thrown into a message for the user; undefined for a fault of our own, which is printed with its
 * stack.
 */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof UsageError) return { exitCode: EXIT.USAGE, message: error.message, problems: error.problems };
  if (error instanceof ConfigError) {
    return { exitCode: EXIT.USAGE, message: 'the configuration is wrong', problems: error.problems };
  }
  if (error instanceof ApiError) return failureOfProblem(error);
  if (error instanceof ClientError) {
    const exitCode = error instanceof ConnectionLostError || error.retryable ? EXIT.UNREACHABLE : EXIT.REFUSED;
    return { exitCode, code: error.code, message: error.message, problems: [] };
  }
  if (error instanceof SluiceError) {
    const exitCode = error.retryable ? EXIT.UNREACHABLE : EXIT.REFUSED;
    return { exitCode, code: error.code, message: error.message, problems: problemTexts(error.where.problems) };
  }
  const message = startFailureMessage(error);
  return message === undefined ? undefined : { exitCode: EXIT.REFUSED, message, problems: [] };
}

function failureOfProblem({ problem, retryable }: ApiError): Failure {
  const problems = problemTexts(problem.problems);
  // The detail repeats the list of problems on one long line, so the title stands instead.
  const message = problems.length > 1 ? problem.title : problem.detail;
  return { exitCode: retryable ? EXIT.UNREACHABLE : EXIT.REFUSED, code: problem.code, message, problems };
}

export function failureLines({ code, message, problems }: Failure): string[] {
  const first = code === undefined ? `sluice: ${message}` : `sluice: ${code}: ${message}`;
  return [first, ...problems.map((problem) => `  - ${problem}`)].map(printableLine);
}
