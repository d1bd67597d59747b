import t from 'tap';
import { alertmanagerFile } from '../../dashboard/prometheus/alertmanager-file.js';
import { eventually } from '../support/condition.js';
import { needsAlertmanager, TestAlertmanager } from '../support/prometheus/prometheus.js';

const WAIT_MS = 20_000;

t.test('what a department must act on is sent to it and to the operators', needsAlertmanager, async (t) => {
  const alertmanager = await TestAlertmanager.start(t, alertmanagerFile());
  await alertmanager.fire(
    { alertname: 'SluiceGrantLagging', party: 'south', grant: 'g', severity: 'ticket' },
    { alertname: 'SluiceCommitSlow', severity: 'ticket' },
    { alertname: 'SluiceNatsDown', instance: 'a', severity: 'page' },
    { alertname: 'SluiceWatchdog', severity: 'none' },
  );
  await eventually(async () => (await alertmanager.receivers()).size === 4, 'four alerts', WAIT_MS);
  t.strictSame(Object.fromEntries(await alertmanager.receivers()), {
    SluiceGrantLagging: ['departments', 'operators'],
    SluiceCommitSlow: ['operators'],
    SluiceNatsDown: ['pager'],
    SluiceWatchdog: ['watchdog'],
  });
});

t.test('a cause silences its effects, and only its own', needsAlertmanager, async (t) => {
  const alertmanager = await TestAlertmanager.start(t, alertmanagerFile());
  await alertmanager.fire(
    { alertname: 'SluiceBrokerDown', instance: 'a', severity: 'page' },
    { alertname: 'SluiceNatsDown', instance: 'a', severity: 'page' },
    { alertname: 'SluiceNatsDown', instance: 'b', severity: 'page' },
    { alertname: 'SluiceLedgerStale', instance: 'b', severity: 'page' },
    { alertname: 'SluiceDeadLetters', severity: 'ticket' },
  );
  const isSettled = async (): Promise<boolean> => {
    const { active, inhibited } = await alertmanager.alerts();
    return active.length === 3 && inhibited.length === 2;
  };
  await eventually(isSettled, 'three alerts to stay and two to be silenced', WAIT_MS);
  t.strictSame(await alertmanager.alerts(), {
    active: ['SluiceBrokerDown', 'SluiceDeadLetters', 'SluiceNatsDown'],
    inhibited: ['SluiceLedgerStale', 'SluiceNatsDown'],
  });
});
