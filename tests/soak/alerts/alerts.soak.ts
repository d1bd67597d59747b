import t from 'tap';
import { eventually } from '../../support/condition.js';
import { needsAlertmanager } from '../../support/prometheus/prometheus.js';
import type { ExpectedAlert } from './fault.js';
import { ALWAYS_FIRING, FAULTS } from './faults.js';
import { Stage } from './stage.js';

const SOAK_MS_MAX = 2 * 3_600_000;
const FAULT_MS_MAX = 900_000;
/** A disk is watched for a minute before it is said when it will be full. */
const FIRES_MS_MAX = 150_000;
/** The shortest window of the slowest burn is 108 s. */
const CLEARS_MS_MAX = 240_000;

t.setTimeout(SOAK_MS_MAX);
const only = process.env.SLUICE_SOAK_FAULT;

const isAsExpected =
  ({ alert, labels }: ExpectedAlert) =>
  (shown: Record<string, string>): boolean =>
    shown.alertname === alert && Object.entries(labels).every(([name, value]) => shown[name] === value);

for (const fault of FAULTS.filter(({ what }) => only === undefined || what.includes(only))) {
  t.test(`its alerts fire and clear: ${fault.what}`, needsAlertmanager, async (t) => {
    t.setTimeout(FAULT_MS_MAX);
    const stage = await Stage.open(t, fault);
    const shown = () => stage.alertmanager.shown();
    const end = await fault.make(stage);
    for (const expected of fault.fires) {
      const name = [expected.alert, ...Object.values(expected.labels)].join(' ');
      await eventually(async () => (await shown()).some(isAsExpected(expected)), `${name} to fire`, FIRES_MS_MAX);
      t.pass(`${name} fires`);
    }
    const watchdog = { alert: ALWAYS_FIRING, labels: { severity: 'none' } };
    await eventually(async () => (await shown()).some(isAsExpected(watchdog)), 'the watchdog', FIRES_MS_MAX);
    await end();
    for (const expected of fault.fires) {
      const isGone = async (): Promise<boolean> => !(await shown()).some(isAsExpected(expected));
      const name = [expected.alert, ...Object.values(expected.labels)].join(' ');
      await eventually(isGone, `${name} to clear`, CLEARS_MS_MAX);
      t.pass(`${name} clears`);
    }
  });
}
