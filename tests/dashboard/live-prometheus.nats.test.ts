import t from 'tap';
import { DASHBOARDS } from '../../dashboard/grafana/panels.js';
import { prometheusFile, rulesFile } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';
import { startBroker } from '../support/broker/broker.js';
import { eventually } from '../support/condition.js';
import { needsPrometheus, TestPrometheus } from '../support/prometheus/prometheus.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call } from '../support/raw-client/raw-http.js';

const PUBLISHER = 'publisher-token-of-this-test';
const SUBSCRIBER = 'subscriber-token-of-this-test';
const WAIT_MS = 30_000;
/** A scrape each 50 ms instead of each 15 s. */
const SCALE = new TimeScale(300);

const bundle = {
  parties: [{ id: 'north', name: { en: 'North', zh: '北' }, level: 'city', regionCode: '350100' }],
  systems: [
    { id: 'north-sys', party: 'north', may: ['publish'], token: PUBLISHER },
    { id: 'north-read', party: 'north', may: ['subscribe'], token: SUBSCRIBER },
  ],
  entries: [
    {
      id: 'north.permit',
      name: { en: 'Permits', zh: '许可' },
      sharingAttribute: 'conditional',
      items: [{ name: 'id', type: 'string', identifier: true }],
    },
  ],
  grants: [
    {
      id: 'g',
      system: 'north-read',
      entry: 'north.permit',
      items: [{ name: 'id' }],
      rows: {},
      purpose: 'p',
      basis: 'b',
      period: { from: '2020-01-01', to: '2099-12-31' },
      history: 'all',
    },
  ],
};

t.test(
  'every panel shows data of a live bus, and a broker that goes away fires its alert',
  needsPrometheus,
  async (t) => {
    const { url, broker, apply } = await startBroker(t);
    await apply(bundle);
    const prometheus = await TestPrometheus.start(t, {
      'prometheus.yml': prometheusFile({ targets: [new URL(url).host], scale: SCALE }),
      'rules.yml': rulesFile(SCALE),
    });
    const session = await RawSession.open({ url, token: SUBSCRIBER, encoding: 'sluice.v1.json' });
    t.teardown(() => session.close());
    const subscription = await session.subscribe({ grant: 'g', from: 'earliest' });
    let sent = 0;
    const publish = async (): Promise<void> => {
      const id = String(++sent);
      const event = { specversion: '1.0', id, type: 'north.permit', subject: id, op: 'create', data: { id } };
      await call(
        { url, token: PUBLISHER },
        'POST',
        '/v1/events',
        JSON.stringify(event),
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
    t.notOk(await firing('SluiceBrokerDown'), 'the broker answers');
    t.ok(await firing('SluiceWatchdog'), 'the watchdog fires all the time');
    await broker.drain();
    await eventually(() => firing('SluiceBrokerDown'), 'the alert of a broker that is down', WAIT_MS);
  },
);
