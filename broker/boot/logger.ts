import { type Logger, pino } from 'pino';
import { SluiceError } from '../../proto/errors.js';

/**
 * Logs JSON lines to standard error; standard output is for people. The serializers pass on a few named fields only, so
 * that no payload, no token and no address with its query gets into the log.
 */
export function createLogger(level: string): Logger {
  const serializers = {
    err: describeError,
    error: describeError,
    req: (request: { id?: unknown; method?: unknown }) => ({ id: request.id, method: request.method }),
    res: (reply: { statusCode?: unknown }) => ({ status: reply.statusCode }),
  };
  // Synchronous, because the last lines before a crash are the ones that matter.
  return pino({ level, serializers }, pino.destination({ dest: 2, sync: true }));
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, stack = '' } = error;
  const code = error instanceof SluiceError ? error.code : (error as NodeJS.ErrnoException).code;
  // Parsers quote their input in a SyntaxError.
  const message = error instanceof SyntaxError ? undefined : error.message;
  const cause = error.cause instanceof Error ? describeError(error.cause) : undefined;
  // Our own errors are expected, and their message says all: only what nobody foresaw has a stack.
  if (error instanceof SluiceError && code !== 'INTERNAL') return { type: name, code, message, cause };
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return { type: name, code, message, stack: frames.join('\n'), cause };
}
