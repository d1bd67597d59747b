import type { Counter, Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';
import type { PartyCounts } from './parties/party-counts.js';

/** Notices on their way to the webhooks of departments. */
export class WebhookMetrics {
  readonly #sent: Counter;
  readonly #waiting: Gauge;

  constructor(
    make: MetricFactory,
    private readonly parties: PartyCounts,
  ) {
    this.#sent = make.counter(
      'sluice_webhook_notices_total',
      'Attempts to send a notice to a webhook by outcome, and notices that were given up after 24 hours',
      ['outcome'],
      ['delivered', 'failed', 'given_up'],
    );
    this.#waiting = make.gauge(
      'sluice_webhook_waiting_notices',
      'Notices that wait for a webhook to take them, at the broker that sends them',
    );
  }

  delivered(): void {
    this.#sent.inc({ outcome: 'delivered' });
  }

  failed(): void {
    this.#sent.inc({ outcome: 'failed' });
  }

  gaveUp(party: string): void {
    this.#sent.inc({ outcome: 'given_up' });
    this.parties.add('notices_given_up', party);
  }

  /** Parties with the notices that wait for the webhook of each. */
  waiting(byParty: ReadonlyMap<string, number>): void {
    this.#waiting.set([...byParty.values()].reduce((sum, notices) => sum + notices, 0));
    this.parties.set('waiting_notices', byParty);
  }
}
