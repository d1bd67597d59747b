import { SluiceError } from '../../proto/errors.js';
import { ConfigError } from '../config.js';
import { LedgerBrokenError } from '../ledger/ledger-errors.js';
import { ServerUnreachableError } from '../nats/bus.js';
import { StoreCopyError } from '../nats/copy-stream.js';
import { ServerNotFoundError } from '../nats/server/find-server.js';
import { DataFolderInUseError } from '../nats/server/folder-lock.js';
import { ServerStartError } from '../nats/server/server-process.js';
import { ServerUnfitError } from '../nats/server-check.js';
import { StoreUnusableError } from '../nats/unfinished-copy.js';
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
  StoreUnusableError,
  StoreCopyError,
  SluiceError,
];

/** Codes of a folder that cannot be made or written: those of its owner, its disk or a file in its place. */
const FOLDER_FAULTS: ReadonlySet<string | undefined> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EEXIST',
  'ENOTDIR',
  'ENAMETOOLONG',
]);

/** The message for a user about a broker that could not start; undefined for a fault of the program, which deserves its stack. */
export function startFailureMessage(error: unknown): string | undefined {
  const { syscall, code, path, message } = error as NodeJS.ErrnoException;
  if (EXPECTED.some((type) => error instanceof type)) return message;
  // Commands name the setting differently: what `sluice start` calls --port is `metrics.port` for a connector.
  if (syscall === 'listen') return `${message}; give another ${code === 'EADDRNOTAVAIL' ? 'address' : 'port'}`;
  if (path !== undefined && FOLDER_FAULTS.has(code)) {
    return `${message}; make it writable for this user, or give another folder`;
  }
  return undefined;
}
