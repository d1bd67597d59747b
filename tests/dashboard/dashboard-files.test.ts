import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Metrics } from '../../broker/metrics/metrics.js';
import { GRANT_SERIES } from '../../broker/observe/grant-series.js';
import { CanaryMetrics } from '../../dashboard/canary/canary-metrics.js';
import { dashboardFiles } from '../../dashboard/dashboard-files.js';
import { LANGUAGES, panelsOf } from '../../dashboard/grafana/panel.js';
import { DASHBOARDS } from '../../dashboard/grafana/panels.js';
import { WITHOUT_PANEL } from '../../dashboard/grafana/without-panel.js';
import { ALERT_CASES } from '../../dashboard/prometheus/cases/alert-cases.js';
import { grantRules } from '../../dashboard/prometheus/grant-rules.js';
import { objectiveRules } from '../../dashboard/prometheus/objectives.js';
import { allAlerts } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';
import { projectRoot, readText } from '../structure/source-tree.js';

const scale = new TimeScale();
const alerts = allAlerts(scale);
const panels = DASHBOARDS.flatMap(panelsOf);
const recorded = [...objectiveRules(scale), ...grantRules(scale)];
const expressions = [
  ...alerts.map(({ expr }) => expr),
  ...recorded.map(({ expr }) => expr),
  ...panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)),
];
const runbooks = readText('docs/alerts.md');
const ALWAYS_FIRING = 'SluiceWatchdog';

t.test('the files in dashboard/ are those that npm run dashboards writes', async (t) => {
  for (const [path, content] of Object.entries(dashboardFiles())) {
    if (!existsSync(join(projectRoot, 'dashboard', path))) t.fail(`dashboard/${path} is missing`);
    else t.equal(readText(`dashboard/${path}`), content, path);
  }
});

t.test('every alert has a case that fires it and a runbook that says meaning, harm, check and act', async (t) => {
  for (const { name, labels = {} } of alerts) {
    const isCase = (one: (typeof ALERT_CASES)[number]): boolean =>
      one.alert === name && Object.entries(labels).every(([label, value]) => one.labels?.[label] === value);
    if (name !== ALWAYS_FIRING) t.ok(ALERT_CASES.some(isCase), `${name} ${Object.values(labels).join(' ')} has a case`);
    const section = runbooks.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? '';
    for (const part of ['Meaning', 'Harm', 'Check', 'Act']) t.match(section, `**${part}.**`, `${name}: ${part}`);
  }
});

t.test('a time scale shortens no limit of what the bus does at intervals of its own', async (t) => {
  const limitOf = (name: string, scale: TimeScale): number =>
    Number(
      allAlerts(scale)
        .find((alert) => alert.name === name)
        ?.expr.match(/> ([\d.]+)(?: or .*)?$/)?.[1],
    );
  t.equal(limitOf('SluiceReceiptsUnsealed', new TimeScale(10)), 3 * 3_600, 'seals every hour');
  t.equal(limitOf('SluiceCanaryDown', new TimeScale(10)), 300, 'rounds every minute');
  t.equal(limitOf('SluiceQuarantineOld', new TimeScale(10)), 7 * 8_640, 'others are');
  t.equal(limitOf('SluiceReceiptsUnsealed', new TimeScale(100, 100)), 108, 'unless the test shortens the intervals');
});

/** `metric{label="…"}`, and `by (label)` behind it. */
const SELECTOR = /\b((?:sluice|process|nodejs)_\w+)(?:\{([^}]*)\})?/g;
const GROUPING = /\bby \(([\w, ]+)\)/g;
const GROUPS = /\bby \(/;

/** The text in the parentheses with which a text begins. */
function inParentheses(text: string): string {
  let depth = 0;
  for (const [i, character] of [...text.trimStart()].entries()) {
    depth += Number(character === '(') - Number(character === ')');
    if (depth === 0) return text.trimStart().slice(0, i);
  }
  return text;
}
/** Labels that Prometheus adds when it scrapes or that belong to every histogram. */
const ADDED = ['job', 'instance', 'le', 'quantile'];

const metrics = [new Metrics().registry, new CanaryMetrics().registry].flatMap((registry) =>
  registry.getMetricsAsArray(),
);
const families = [...metrics.map(({ name }) => name), ...Object.keys(GRANT_SERIES)];

t.test('every metric and label in a rule or a panel is on /metrics of the bus or of its canary', async (t) => {
  const labels = new Map<string, readonly string[]>();
  for (const metric of metrics) {
    const { labelNames = [] } = metric as unknown as { labelNames?: string[] };
    for (const ending of ['', '_bucket', '_count', '_sum']) labels.set(metric.name + ending, labelNames);
  }
  for (const [name, labelNames] of Object.entries(GRANT_SERIES)) labels.set(name, labelNames);
  for (const expr of expressions) {
    const known = new Set(ADDED);
    for (const [, name = '', matchers = ''] of expr.matchAll(SELECTOR)) {
      t.ok(labels.has(name), `${name} exists`);
      for (const label of labels.get(name) ?? []) known.add(label);
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)) {
        t.ok(ADDED.includes(label) || labels.get(name)?.includes(label), `${name} has the label ${label}`);
      }
    }
    for (const [grouping, names = ''] of expr.matchAll(GROUPING)) {
      for (const label of names.split(', ')) t.ok(known.has(label), `${label} is a label of what ${expr} sums`);
      const summed = inParentheses(expr.slice(expr.indexOf(grouping) + grouping.length));
      if (GROUPS.test(summed)) continue;
      for (const [, name = ''] of summed.matchAll(SELECTOR)) {
        for (const label of names.split(', '))
          t.ok(
            ADDED.includes(label) || labels.get(name)?.includes(label),
            `${name}, which is summed by it, has the label ${label}`,
          );
      }
    }
    t.notMatch(expr, /le="\d+"/, 'Prometheus 3 writes the bound 1 as 1.0');
  }
});

/** The family of a series: that of a histogram has series with endings. */
const familyOf = (series: string): string =>
  families.includes(series) ? series : series.replace(/_(?:bucket|count|sum)$/, '');

t.test(
  'every metric of the bus and its canary is in a panel, a rule or a runbook, or is listed with the reason',
  async (t) => {
    const shown = new Set(
      [...expressions, runbooks].flatMap((text) => [...text.matchAll(SELECTOR)].map(([, name = '']) => familyOf(name))),
    );
    const reasons = Object.keys(WITHOUT_PANEL);
    const covers = (reason: string, family: string): boolean =>
      reason.endsWith('*') ? family.startsWith(reason.slice(0, -1)) : family === reason;
    const unshown = families.filter((family) => !shown.has(family));
    t.strictSame(
      unshown.filter((family) => !reasons.some((reason) => covers(reason, family))),
      [],
      'none is forgotten',
    );
    t.strictSame(
      reasons.filter((reason) => !unshown.some((family) => covers(reason, family))),
      [],
      'no reason stands for a metric that is shown, or does not exist',
    );
  },
);

t.test('every metric that a runbook names is on /metrics of the bus or of its canary', async (t) => {
  // After `^` stands the beginning of a line, which may be that of several names; `sluice_log` is a shell function.
  const named = [...runbooks.replaceAll(/\^sluice_\w+|\bsluice_log\b/g, '').matchAll(SELECTOR)].map(
    ([, name = '']) => name,
  );
  t.ok(named.length > 20);
  t.strictSame(
    named.filter((name) => !families.includes(familyOf(name))),
    [],
  );
});

t.test('every panel has a unit, a description in both languages and a runbook', async (t) => {
  for (const { title, description, unit, runbook } of panels) {
    for (const language of LANGUAGES) t.ok(title[language] && description[language], `${title.en} in ${language}`);
    t.ok(unit && runbooks.includes(`\n## ${runbook}\n`), `${title.en}: unit and runbook`);
  }
});
