import type { Logger } from 'pino';
import type { ReconnectPolicy } from '../../client/reconnect-policy.js';
import type { ConnectorMetrics } from './connector-metrics.js';

export interface BusAddress {
  url: string;
  token: string;
}

/** What every connector is given beside its own settings. */
export interface ConnectorContext {
  /** Unique in the department: names files, slots and cursors. */
  name: string;
  bus: BusAddress;
  /** Folder for progress; it exists. */
  stateFolder: string;
  metrics: ConnectorMetrics;
  log: Logger;
  /** Pauses between attempts to reach either side; the client's own when undefined. */
  reconnect: ReconnectPolicy | undefined;
}
