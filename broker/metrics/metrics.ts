import { Registry } from 'prom-client';
import { GatewayMetrics } from './gateway-metrics.js';
import { GrantMetrics } from './grant-metrics.js';
import { IntakeMetrics } from './intake-metrics.js';
import { LawfulMetrics } from './lawful-metrics.js';
import { LeakCheckMetrics } from './leak-check-metrics.js';
import { LedgerMetrics } from './ledger-metrics.js';
import { MetricFactory } from './metric-factory.js';
import { expose, type Format } from './output/exposition.js';
import type { MetricValues } from './output/metric-values.js';
import { PartyCounts } from './parties/party-counts.js';
import { ProcessMetrics } from './process-metrics.js';
import { QuotaMetrics } from './quota-metrics.js';
import { StoreMetrics } from './store-metrics.js';
import { StreamMetrics } from './stream-metrics.js';
import { TraceMetrics } from './trace-metrics.js';
import { WebhookMetrics } from './webhook-metrics.js';

/**
 * All metrics of one process, one part per room, with one method per thing that happens. Labels have few values
 * (partition, op, code, encoding); ids of entries, grants and parties go to the log, because there can be 40,000.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly store: StoreMetrics;
  readonly ledger: LedgerMetrics;
  readonly intake: IntakeMetrics;
  readonly quotas: QuotaMetrics;
  readonly stream: StreamMetrics;
  readonly gateway: GatewayMetrics;
  readonly grants: GrantMetrics;
  readonly traces: TraceMetrics;
  readonly leakCheck: LeakCheckMetrics;
  readonly webhooks: WebhookMetrics;
  readonly lawful: LawfulMetrics;
  /** Counts by party, which are no metrics of the registry. */
  readonly parties = new PartyCounts();

  constructor() {
    const make = new MetricFactory(this.registry);
    this.store = new StoreMetrics(make);
    this.ledger = new LedgerMetrics(make);
    this.intake = new IntakeMetrics(make, this.parties);
    this.quotas = new QuotaMetrics(make, this.parties);
    this.stream = new StreamMetrics(make, this.parties);
    this.gateway = new GatewayMetrics(make, this.parties);
    this.grants = new GrantMetrics(make);
    this.traces = new TraceMetrics(make);
    this.leakCheck = new LeakCheckMetrics(make);
    this.webhooks = new WebhookMetrics(make, this.parties);
    this.lawful = new LawfulMetrics(make);
    new ProcessMetrics(make, this.registry);
  }

  async text(format: Format): Promise<string> {
    return expose((await this.registry.getMetricsAsJSON()) as unknown as MetricValues[], format);
  }
}
