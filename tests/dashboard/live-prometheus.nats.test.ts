import t from 'tap';
import { openMetricsPage } from '../../dashboard/canary/metrics-page.js';
import { DASHBOARDS } from '../../dashboard/grafana/panels.js';
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
/** A scrape each 50 ms instead of each 15 s. */
const SCALE = new TimeScale(300);
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

    for (const { title, queries } of DASHBOARDS.flatMap(({ panels }) => panels)) {
      for (const { expr } of queries) {
        const query = expr.replaceAll('$__rate_interval', '5s').replaceAll('$job', '.*').replaceAll('$instance', '.*');
        const hasData = async (): Promise<boolean> => {
          await publish();
          return (await prometheus.query(query)).length > 0;
        };
        await t.resolves(eventually(hasData, query, WAIT_MS), `${title.en}: ${expr}`);
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
