import { SluiceError } from '../../proto/errors.js';
import { ConfigError } from '../config.js';
import { LedgerBrokenError } from '../ledger/ledger-errors.js';
import { ServerNotFoundError } from '../nats/server/find-server.js';
import { DataFolderInUseError } from '../nats/server/folder-lock.js';
import { ServerStartError } from '../nats/server/server-process.js';
import { ServerUnfitError } from '../nats/server-check.js';
import { ConfigurationConflictError } from '../parties/bus-facts.js';

/** Reasons for which a broker does not start, or ends, that are no fault of the program: the message is enough. */
const EXPECTED = [
  ConfigError,
  ConfigurationConflictError,
  ServerNotFoundError,
  ServerStartError,
  ServerUnfitError,
  DataFolderInUseError,
  LedgerBrokenError,
  SluiceError,
];

/** The message for a user about a broker that could not start; undefined for a fault of the program, which deserves its stack. */
export function startFailureMessage(error: unknown): string | undefined {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (EXPECTED.some((type) => error instanceof type)) return message;
  if (name === 'Error' && (code === 'EADDRINUSE' || code === 'EACCES')) {
    return `${message}; another port can be given with --port or SLUICE_PORT`;
  }
  return undefined;
}
