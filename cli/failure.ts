import { ApiError, ClientError, ConnectionLostError } from '../client/errors.js';
import { problemTexts, SluiceError } from '../proto/errors.js';
import { EXIT, UsageError } from './exit-codes.js';
import { printableLine } from './printable.js';

/** An error in the form in which a command prints it. */
export interface Failure {
  exitCode: number;
  /** Stable code of the bus or of the client; absent for a wrong command line. */
  code?: string | undefined;
  /** Article of the Regulations behind a refusal. */
  article?: string | undefined;
  message: string;
  problems: readonly string[];
}

/**
 * Translates anything thrown into a message for the user; undefined for a fault of our own, which is printed with its
 * stack.
 */
export async function failureOf(error: unknown): Promise<Failure | undefined> {
  if (error instanceof UsageError) return { exitCode: EXIT.USAGE, message: error.message, problems: error.problems };
  if (error instanceof ApiError) return failureOfProblem(error);
  if (error instanceof ClientError) {
    const exitCode = error instanceof ConnectionLostError || error.retryable ? EXIT.UNREACHABLE : EXIT.REFUSED;
    return { exitCode, code: error.code, message: error.message, problems: [] };
  }
  if (error instanceof SluiceError) {
    const exitCode = error.retryable ? EXIT.UNREACHABLE : EXIT.REFUSED;
    return { exitCode, code: error.code, message: error.message, problems: problemTexts(error.where.problems) };
  }
  // Loaded late: most commands never need the code of a broker.
  const [{ ConfigError }, { startFailureMessage }] = await Promise.all([
    import('../broker/config.js'),
    import('../broker/boot/start-failure.js'),
  ]);
  if (error instanceof ConfigError) {
    return { exitCode: EXIT.USAGE, message: 'the configuration is wrong', problems: error.problems };
  }
  const message = startFailureMessage(error);
  return message === undefined ? undefined : { exitCode: EXIT.REFUSED, message, problems: [] };
}

function failureOfProblem({ problem, retryable }: ApiError): Failure {
  const { code, article, title, detail } = problem;
  const all = problemTexts(problem.problems);
  const [first] = problem.problems ?? [];
  // The detail of one problem with a path and code says it all, and that of several repeats their list on one long line.
  const problems = all.length === 1 && typeof first === 'object' ? [] : all;
  const message = all.length > 1 ? title : detail;
  const exitCode = retryable ? EXIT.UNREACHABLE : EXIT.REFUSED;
  return { exitCode, code, ...(article !== undefined && { article }), message, problems };
}

export function failureLines({ code, article, message, problems }: Failure): string[] {
  const name = article === undefined ? code : `${code} (${article})`;
  const first = code === undefined ? `sluice: ${message}` : `sluice: ${name}: ${message}`;
  return [first, ...problems.map((problem) => `  - ${problem}`)].map(printableLine);
}
