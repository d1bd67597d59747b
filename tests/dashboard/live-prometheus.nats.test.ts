import t from 'tap';
import { openMetricsPage } from '../../dashboard/canary/metrics-page.js';
import { panelsOf, textIn } from '../../dashboard/grafana/panel.js';
import { DASHBOARDS } from '../../dashboard/grafana/panels.js';
import { NO_SERIES } from '../../dashboard/grafana/value-names.js';
import { prometheusFile, rulesFile } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';
import { startCanary } from '../journeys/canary/canary-run.js';
import { startBroker } from '../support/broker/broker.js';
import { PERMIT_BUNDLE, PERMIT_PUBLISHER, PERMIT_SUBSCRIBER, permitEvent } from '../support/broker/permit-bundle.js';
import { eventually } from '../support/condition.js';
import { startLawfulBus } from '../support/lawful/lawful-bus.js';
import { needsPrometheus, TestPrometheus } from '../support/prometheus/prometheus.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call } from '../support/raw-client/raw-http.js';

const WAIT_MS = 30_000;
const SCALE = new TimeScale(300);
/** At that scale it would be 50 ms, within which a busy machine does not answer. */
const SCRAPE_INTERVAL = '200ms';
/** A stream without a limit has no share of it. */
const LIMIT_BYTES = 64 * 1024 * 1024;

t.test(
  'every panel shows data of a live bus, and a broker that goes away fires its alert',
  needsPrometheus,
  async (t) => {
    const { url, broker, apply, operatorToken } = await startBroker(t, {
      config: { maxBytesPerPartition: LIMIT_BYTES },
    });
    await apply(PERMIT_BUNDLE);
    // Only a registered bus has the procedure.
    const lawful = await startLawfulBus(t);
    const canary = await startCanary(t, url);
    const canaryPage = await openMetricsPage(canary.metrics.registry, '127.0.0.1', 0);
    t.teardown(() => canaryPage.close());
    const prometheus = await TestPrometheus.start(t, {
      'prometheus.yml': prometheusFile({
        targets: [url, lawful.url].map((one) => new URL(one).host),
        canaries: [new URL(canaryPage.url).host],
        scale: SCALE,
        scrapeInterval: SCRAPE_INTERVAL,
        grantsTokenFile: 'token',
      }),
      token: operatorToken,
      'rules.yml': rulesFile(SCALE),
    });
    const session = await RawSession.open({ url, token: PERMIT_SUBSCRIBER, encoding: 'sluice.v1.json' });
    t.teardown(() => session.close());
    const subscription = await session.subscribe({ grant: 'g', from: 'earliest' });
    let sent = 0;
    const publish = async (): Promise<void> => {
      const id = String(++sent);
      await call(
        { url, token: PERMIT_PUBLISHER },
        'POST',
        '/v1/events',
        permitEvent(id),
        'application/cloudevents+json',
      );
    };
    await publish();
    await subscription.collect(1);
    subscription.reject(1, 'no use for it');

    for (const { title, queries, names } of DASHBOARDS.flatMap(panelsOf)) {
      for (const { expr, legend } of queries) {
        const query = expr
          .replaceAll('$__rate_interval', '5s')
          .replaceAll('$__range', '1m')
          .replaceAll('$job', '.*')
          .replaceAll('$instance', '.*');
        const hasData = async (): Promise<boolean> => {
          await publish();
          return (await prometheus.query(query)).length > 0;
        };
        await t.resolves(eventually(hasData, query, WAIT_MS), `${title.en}: ${expr}`);
        const [, label] = /^\{\{(\w+)\}\}$/.exec(textIn(legend, 'zh')) ?? [];
        if (!names || label === undefined) continue;
        const values = (await prometheus.query(query)).map(({ metric }) => metric[label] ?? '');
        t.strictSame(
          values.filter((value) => !(value in names || value in NO_SERIES)),
          [],
          `${title.en}: every value of ${label} has a name`,
        );
      }
    }

    const firing = async (alert: string): Promise<boolean> =>
      (await prometheus.query(`ALERTS{alertname="${alert}",alertstate="firing"}`)).length > 0;
    // At this scale a scrape that comes 200 ms late fires it for a moment, on a machine that does other things as well.
    await eventually(async () => !(await firing('SluiceBrokerDown')), 'a broker that answers', WAIT_MS);
    t.ok(await firing('SluiceWatchdog'), 'the watchdog fires all the time');
    await broker.drain();
    await eventually(() => firing('SluiceBrokerDown'), 'the alert of a broker that is down', WAIT_MS);
  },
);
