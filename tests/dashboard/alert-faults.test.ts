import t from 'tap';
import { allAlerts } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';
import { ALWAYS_FIRING, FAULTS } from '../soak/alerts/faults.js';

t.test('every alert has a fault that fires it live, with the labels of its rule', async (t) => {
  const fired = FAULTS.flatMap(({ fires }) => fires);
  for (const { name, severity, labels = {} } of allAlerts(new TimeScale())) {
    if (name === ALWAYS_FIRING) continue;
    const own = fired.filter(
      (one) => one.alert === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    );
    t.ok(own.length > 0, `${name} ${Object.values(labels).join(' ')} has a fault in tests/soak/alerts`);
    for (const { labels: expected } of own)
      t.equal(expected.severity ?? severity, severity, `${name} is a ${severity}`);
  }
  const known = new Set(allAlerts(new TimeScale()).map(({ name }) => name));
  t.strictSame(
    fired.map(({ alert }) => alert).filter((alert) => !known.has(alert)),
    [],
    'and no fault waits for an alert that is not there',
  );
});
