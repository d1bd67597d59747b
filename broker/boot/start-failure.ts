import { SluiceError } from '../../proto/errors.js';
import { ConfigError } from '../config.js';
import { LedgerBrokenError } from '../ledger/ledger-errors.js';
import { ServerUnreachableError } from '../nats/bus.js';
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
  ServerUnreachableError,
  DataFolderInUseError,
  LedgerBrokenError,
  SluiceError,
];

/** Codes of a data folder that cannot be made or written: those of its owner, its disk or a file in its place. */
const FOLDER_FAULTS: ReadonlySet<string | undefined> = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EEXIST', 'ENOTDIR', 'ENAMETOOLONG'],
]);

/** The message for a user about a broker that could not start; undefined for a fault of the program, which deserves its stack. */
export function startFailureMessage(error: unknown): string | undefined {
  const { syscall, code, path, message } = error as NodeJS.ErrnoException;
  if (EXPECTED.some((type) => error instanceof type)) return message;
  if (syscall === 'listen') {
    const remedy =
      code === 'EADDRNOTAVAIL' ? 'another address with SLUICE_HOST' : 'another port with --port or SLUICE_PORT';
    return `${message}; give ${remedy}`;
  }
  if (path !== undefined && FOLDER_FAULTS.has(code)) {
    return `${message}; make it writable for this user, or give another data folder with --data or SLUICE_DATA`;
  }
  return undefined;
}
