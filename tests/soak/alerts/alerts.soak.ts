import t from 'tap';
import { eventually } from '../../support/condition.js';
import { needsAlertmanager } from '../../support/prometheus/prometheus.js';
import type { ExpectedAlert } from './fault.js';
import { ALWAYS_FIRING, FAULTS } from './faults.js';
import { Stage } from './stage.js';

/** Bounds that only a hang reaches: on a machine with much else to do everything takes ten times as long. */
const SOAK_MS_MAX = 8 * 3_600_000;
const FAULT_MS_MAX = 3_600_000;
/** A disk is watched for a minute before it is said when it will be full. */
const FIRES_MS_MAX = 600_000;
/** The shortest window of the slowest burn is 216 s. */
const CLEARS_MS_MAX = 900_000;

t.setTimeout(SOAK_MS_MAX);
const only = process.env.SLUICE_SOAK_FAULT;

const isAsExpected =
  ({ alert, labels }: ExpectedAlert) =>
  (shown: Record<string, string>): boolean =>
    shown.alertname === alert && Object.entries(labels).every(([name, value]) => shown[name] === value);

/** Resolves with false when the objective of the alert was met again after the fault, and then missed anew. */
async function clears(stage: Stage, expected: ExpectedAlert, name: string): Promise<boolean> {
  const { objective } = expected.labels;
  let [isShown, isMet, isMissedAnew] = [true, false, false];
  const isOver = async (): Promise<boolean> => {
    isShown = (await stage.alertmanager.shown()).some(isAsExpected(expected));
    const isMissed = objective !== undefined && (await stage.isMissed(objective));
    isMissedAnew = isMet && isMissed;
    isMet ||= objective !== undefined && !isMissed && (await stage.isMet(objective));
    return !isShown || isMissedAnew;
  };
  await eventually(isOver, `${name} to clear`, CLEARS_MS_MAX);
  return !isShown;
}

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
      const name = [expected.alert, ...Object.values(expected.labels)].join(' ');
      const isSlow = { skip: 'this machine misses the objective without the fault, so the alert goes on rightly' };
      if (await clears(stage, expected, name)) t.pass(`${name} clears`);
      else t.pass(`${name} clears`, isSlow);
    }
  });
}
