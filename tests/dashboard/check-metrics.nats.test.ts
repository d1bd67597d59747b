import t from 'tap';
import { ConnectorMetrics } from '../../connectors/runtime/connector-metrics.js';
import { CanaryMetrics } from '../../dashboard/canary/canary-metrics.js';
import { startBroker } from '../support/broker/broker.js';
import { checkMetrics, needsPrometheus } from '../support/prometheus/prometheus.js';

t.test(
  'promtool finds nothing to object to in what a bus, a connector and a canary expose',
  needsPrometheus,
  async (t) => {
    const { url, operatorToken } = await startBroker(t);
    const headers = { authorization: `Bearer ${operatorToken}` };
    for (const path of ['/metrics', '/metrics/grants']) {
      const text = await (await fetch(`${url}${path}`, { headers })).text();
      t.match(text, '# TYPE sluice_', path);
      t.equal(await checkMetrics(text), '', path);
    }
    const metrics = new ConnectorMetrics({ name: 'c', kind: 'test' });
    for (const unit of ['bytes', 'records', 'seconds'] as const) metrics.lag({ amount: 1, unit });
    t.equal(await checkMetrics(await metrics.registry.metrics()), '', 'a connector');
    const canary = await new CanaryMetrics().registry.metrics();
    t.match(canary, '# TYPE sluice_canary_rounds_total counter');
    t.equal(await checkMetrics(canary), '', 'a canary');
    t.match(
      await checkMetrics('# TYPE sluice_wrong counter\nsluice_wrong 1\n'),
      /should have "_total"/,
      'it does object',
    );
  },
);

t.test('a scrape that asks for OpenMetrics gets it, with its end', async (t) => {
  const { url } = await startBroker(t);
  const answer = await fetch(`${url}/metrics`, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
  t.match(answer.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0');
  t.match(await answer.text(), /# EOF\n$/);
});
