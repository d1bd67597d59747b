import { collectDefaultMetrics, Registry } from 'prom-client';
import { GatewayMetrics } from './gateway-metrics.js';
import { IntakeMetrics } from './intake-metrics.js';
import { LedgerMetrics } from './ledger-metrics.js';
import { StoreMetrics } from './store-metrics.js';
import { StreamMetrics } from './stream-metrics.js';

/**
 * Everything that is counted, one part per room, each with one function per thing that happened. Labels are small
 * sets (partition, op, code, encoding): ids of entries, grants and parties go to the log, there can be 40,000.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly store = new StoreMetrics(this.registry);
  readonly ledger = new LedgerMetrics(this.registry);
  readonly intake = new IntakeMetrics(this.registry);
  readonly stream = new StreamMetrics(this.registry);
  readonly gateway = new GatewayMetrics(this.registry);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
