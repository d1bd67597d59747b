import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { alertmanagerFile } from '../../dashboard/prometheus/alertmanager-file.js';
import { allAlerts } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';
import { eventually } from '../support/condition.js';
import { needsAlertmanager, TestAlertmanager } from '../support/prometheus/prometheus.js';

const WAIT_MS = 20_000;
/** An effect waits 2 s instead of two minutes. */
const SCALE = new TimeScale(60);

/** Receivers as they are called: `receiver alertname`, with the party where one must act. */
async function openReceivers(t: Test) {
  const got = new Set<string>();
  const server = createServer((request, answer) => {
    void json(request).then((body) => {
      const { alerts } = body as { alerts: { labels: { alertname: string; party?: string } }[] };
      for (const { labels } of alerts)
        got.add([request.url?.slice(1), labels.alertname, ...(labels.party ? [labels.party] : [])].join(' '));
      answer.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { got, addressOf: (receiver: string) => `http://127.0.0.1:${port}/${receiver}` };
}

t.test('each department gets what it must act on and nothing of another one', needsAlertmanager, async (t) => {
  const { got, addressOf } = await openReceivers(t);
  const config = alertmanagerFile({ departments: ['south', 'north'], addressOf, scale: SCALE });
  const alertmanager = await TestAlertmanager.start(t, config);
  await alertmanager.fire(
    { alertname: 'SluiceGrantEnding', party: 'south', grant: 'g', severity: 'ticket' },
    { alertname: 'SluiceGrantEnding', party: 'north', grant: 'h', severity: 'ticket' },
    { alertname: 'SluiceEntriesLate', party: 'west', severity: 'ticket' },
    { alertname: 'SluiceDeadLetters', severity: 'ticket' },
    { alertname: 'SluiceCanaryLeak', medium: 'stream', severity: 'page' },
  );
  await eventually(() => got.size >= 8, 'all of them', WAIT_MS);
  t.strictSame([...got].sort(), [
    'department-north SluiceGrantEnding north',
    'department-south SluiceGrantEnding south',
    'departments SluiceEntriesLate west',
    'operators SluiceDeadLetters',
    'operators SluiceEntriesLate west',
    'operators SluiceGrantEnding north',
    'operators SluiceGrantEnding south',
    'pager SluiceCanaryLeak',
  ]);
});

t.test('a cause that fires after its effects is sent alone', needsAlertmanager, async (t) => {
  const { got, addressOf } = await openReceivers(t);
  const alertmanager = await TestAlertmanager.start(
    t,
    alertmanagerFile({ departments: ['south'], addressOf, scale: SCALE }),
  );
  const page = { severity: 'page', instance: 'a' };
  const ticket = { severity: 'ticket' };
  // That NATS is away is certain after a minute; these are known at once.
  await alertmanager.fire(
    { alertname: 'SluiceErrorBudgetBurn', objective: 'accepted', window: '1h', severity: 'page' },
    { alertname: 'SluiceErrorBudgetBurn', objective: 'canary', window: '3d', ...ticket },
    { alertname: 'SluiceQuarantineMissed', ...ticket },
    { alertname: 'SluiceSubscribersBehind', ...ticket },
    { alertname: 'SluiceGrantLagging', party: 'south', grant: 'g', cursor: 'c', ...ticket },
    { alertname: 'SluiceIntakeBacklog', instance: 'a', ...ticket },
  );
  await alertmanager.fire({ alertname: 'SluiceNatsDown', ...page }, { alertname: 'SluiceLedgerStale', ...page });
  await alertmanager.fire({ alertname: 'SluiceLedgerStale', severity: 'page', instance: 'b' });
  // Fired last, they wait no shorter than the effects do.
  await alertmanager.fire(
    { alertname: 'SluiceDeadLetters', ...ticket },
    { alertname: 'SluiceGrantEnding', party: 'south', grant: 'g', ...ticket },
  );
  await eventually(() => got.size >= 5, 'what is no effect', WAIT_MS);
  t.strictSame([...got].sort(), [
    'department-south SluiceGrantEnding south',
    'operators SluiceDeadLetters',
    'operators SluiceGrantEnding south',
    'pager SluiceLedgerStale',
    'pager SluiceNatsDown',
  ]);
  t.strictSame((await alertmanager.alerts()).active, [
    'SluiceDeadLetters',
    'SluiceGrantEnding',
    'SluiceLedgerStale',
    'SluiceNatsDown',
  ]);
});

t.test('every alert that the example names exists', async (t) => {
  const known = new Set(allAlerts(new TimeScale()).map(({ name }) => name));
  const named = [...alertmanagerFile().matchAll(/Sluice\w+/g)].map(([name]) => name);
  t.ok(named.length > 20);
  t.strictSame(
    named.filter((name) => !known.has(name)),
    [],
  );
});
