import { ConfigError } from '../broker/config.js';
import { ServerNotFoundError } from '../broker/nats/server/find-server.js';
import { DataFolderInUseError } from '../broker/nats/server/folder-lock.js';
import { ServerStartError } from '../broker/nats/server/server-process.js';
import { ApiError, ClientError, ConnectionLostError } from '../client/errors.js';
import { SluiceError } from '../proto/errors.js';
import { EXIT, UsageError } from './exit-codes.js';

const START_ERRORS = [ServerNotFoundError, ServerStartError, DataFolderInUseError] as const;

/** An error as a command tells it. */
export interface Failure {
  exitCode: number;
  /** Stable code of the bus or of the client; absent for a wrong command line. */
  code?: string | undefined;
  message: string;
  problems: readonly string[];
}

/** What a user should read of anything thrown; undefined for a fault of our own, which deserves its stack. */
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
    return { exitCode, code: error.code, message: error.message, problems: error.where.problems ?? [] };
  }
  return startFailure(error);
}

/** What keeps a broker from starting and is nobody's programming fault. */
function startFailure(error: unknown): Failure | undefined {
  const { name, code, message } = error as NodeJS.ErrnoException;
  const isExpected = START_ERRORS.some((type) => error instanceof type);
  if (isExpected) return { exitCode: EXIT.REFUSED, message, problems: [] };
  if (name !== 'Error' || (code !== 'EADDRINUSE' && code !== 'EACCES')) return undefined;
  return {
    exitCode: EXIT.REFUSED,
    message: `${message}; another port can be given with --port or SLUICE_PORT`,
    problems: [],
  };
}

function failureOfProblem({ problem, retryable }: ApiError): Failure {
  const problems = problem.problems ?? [];
  // With a list, the detail repeats it on one long line.
  const message = problems.length > 1 ? problem.title : problem.detail;
  return { exitCode: retryable ? EXIT.UNREACHABLE : EXIT.REFUSED, code: problem.code, message, problems };
}

export function failureLines({ code, message, problems }: Failure): string[] {
  const first = code === undefined ? `sluice: ${message}` : `sluice: ${code}: ${message}`;
  return [first, ...problems.map((problem) => `  - ${problem}`)];
}
