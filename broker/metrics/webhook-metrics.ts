import type { Counter, Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** Notices on their way to the webhooks of departments. */
export class WebhookMetrics {
  readonly #sent: Counter;
  readonly #waiting: Gauge;

  constructor(make: MetricFactory) {
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

  gaveUp(): void {
    this.#sent.inc({ outcome: 'given_up' });
  }

  waiting(notices: number): void {
    this.#waiting.set(notices);
  }
}
