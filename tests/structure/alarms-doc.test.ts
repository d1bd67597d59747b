import t from 'tap';
import { objectiveRules } from '../../dashboard/prometheus/objectives.js';
import { allAlerts } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';
import { readText } from './source-tree.js';

const text = readText('docs/operations.md');
const scale = new TimeScale();
const recorded = objectiveRules(scale);
/** `| look at | when | means | alert |`. */
const ROW = /^\| (`[^|]+) \| [^|]+ \| [^|]+ \| \[(Sluice\w+)\]\(alerts\.md#(\w+)\) \|$/gm;
const METRIC = /\b(?:sluice_\w+|process_\w+|up)\b/g;
const rows = [...text.matchAll(ROW)].map(([, look = '', alert = '', anchor = '']) => ({ look, alert, anchor }));

/** Everything that an alert of that name reads, with the recorded series that it compares. */
function readBy(name: string): string {
  const expressions = allAlerts(scale).flatMap((alert) => (alert.name === name ? [alert.expr] : []));
  const from = recorded.filter(({ record }) => expressions.some((expr) => expr.includes(record)));
  return [...expressions, ...from.map(({ expr }) => expr)].join('\n');
}

t.test('every alarm of docs/operations.md has an alert that reads what the alarm looks at', async (t) => {
  t.ok(rows.length > 30, `${rows.length} alarms`);
  for (const { look, alert, anchor } of rows) {
    const expressions = readBy(alert);
    t.not(expressions, '', `${alert} exists`);
    t.equal(anchor, alert.toLowerCase(), alert);
    for (const [metric] of look.matchAll(METRIC))
      t.match(expressions, new RegExp(`\\b${metric}`), `${alert}: ${metric}`);
  }
});

t.test('docs/operations.md names every alert of the bus in its list of alarms', async (t) => {
  const section = text.slice(text.indexOf('Worth an alarm'), text.indexOf('No alarm by itself'));
  t.equal(section.match(/^\| `/gm)?.length, rows.length, 'each row is understood');
  const named = new Set(rows.map(({ alert }) => alert));
  // Alerts of the canary and of live views have a section of their own; the watchdog fires always.
  const elsewhere = /^Sluice(?:Canary\w+|View\w+|Watchdog)$/;
  t.strictSame(
    allAlerts(scale).flatMap(({ name }) => (named.has(name) || elsewhere.test(name) ? [] : [name])),
    [],
  );
});
