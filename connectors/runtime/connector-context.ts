import type { Logger } from 'pino';
import type { ReconnectPolicy } from '../../client/reconnect-policy.js';
import type { ConnectorMetrics } from './connector-metrics.js';

export interface BusAddress {
  url: string;
  token: string;
}

/** The surroundings of a connector: everything it is constructed with beside its own settings. */
export interface ConnectorContext {
  /** Unique in the department, because files, replication slots and cursors are named after it. */
  name: string;
  bus: BusAddress;
  /** Existing folder for the files that progress is kept in. */
  stateFolder: string;
  metrics: ConnectorMetrics;
  log: Logger;
  /** Backoff between attempts to reach either side; the client's default when undefined. */
  reconnect: ReconnectPolicy | undefined;
  /** Bound of the events that a source has read and the bus has not confirmed; 10,000 when absent. */
  pendingEventsMax?: number;
}
