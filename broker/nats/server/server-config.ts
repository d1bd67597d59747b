import { GROUP_COMMIT_VERSION, isAtLeast } from './find-server.js';

export type Durability = 'strict' | 'relaxed';

export interface ServerConfig {
  version: string;
  storeDir: string;
  logFile: string;
  durability: Durability;
  /** 0 lets the server take a free one. */
  port: number;
  user: string;
  pass: string;
  /** Secret first part of every monitoring path: the port has no other protection from other users of the machine. */
  monitorPath: string;
  maxStoreBytes?: number | undefined;
}

/** Room for the largest ledger record, a bundle's entry with a long code table; the server warns above this. */
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
/** On a busy machine a program may need longer than the server's own 2 s to send its password, and its start would fail. */
const PASSWORD_SECONDS_MAX = 10;
const LOG_FILE_BYTES_MAX = 10_000_000;
const LOG_FILES_MAX = 3;

/** The configuration file of the embedded server: loopback only, one user, one folder. */
export function serverConfig(config: ServerConfig): string {
  const quoted = (text: string): string => JSON.stringify(text);
  const limits = isAtLeast(config.version, GROUP_COMMIT_VERSION) ? '\n  limits { default_max_consumers: -1 }' : '';
  const maxStore = config.maxStoreBytes === undefined ? '' : `\n  max_file_store: ${config.maxStoreBytes}`;
  return `server_name: sluice
listen: "127.0.0.1:${config.port === 0 ? -1 : config.port}"
http: "127.0.0.1:-1"
http_base_path: ${quoted(config.monitorPath)}
ports_file_dir: ${quoted(config.storeDir)}
log_file: ${quoted(config.logFile)}
logfile_size_limit: ${LOG_FILE_BYTES_MAX}
logfile_max_num: ${LOG_FILES_MAX}
max_payload: ${MAX_PAYLOAD_BYTES}
authorization { user: ${quoted(config.user)}, password: ${quoted(config.pass)}, timeout: ${PASSWORD_SECONDS_MAX} }
jetstream {
  store_dir: ${quoted(config.storeDir)}
  sync_interval: ${config.durability === 'strict' ? 'always' : '"100ms"'}${maxStore}${limits}
}
`;
}
