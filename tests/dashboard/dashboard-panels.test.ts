import t from 'tap';
import { dashboardFiles } from '../../dashboard/dashboard-files.js';
import { limitOf } from '../../dashboard/grafana/alert-limits.js';
import { LANGUAGES, type PanelSpec, panelsOf, type Text, textIn } from '../../dashboard/grafana/panel.js';
import { DASHBOARDS } from '../../dashboard/grafana/panels.js';
import { RUNBOOKS_UID } from '../../dashboard/grafana/runbook-dashboard.js';
import { NO_SERIES } from '../../dashboard/grafana/value-names.js';
import { grantRules } from '../../dashboard/prometheus/grant-rules.js';
import { objectiveRules } from '../../dashboard/prometheus/objectives.js';
import { allAlerts } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';

interface Panel {
  id: number;
  type: string;
  title: string;
  links: { url: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
  options: { legend: { showLegend: boolean } };
  targets: { legendFormat: string }[];
}

const scale = new TimeScale();
const recorded = new Map([...objectiveRules(scale), ...grantRules(scale)].map(({ record, expr }) => [record, expr]));
const panels = DASHBOARDS.flatMap(panelsOf);
const queries = panels.flatMap((panel) => panel.queries.map((query) => ({ title: panel.title.en, query })));
const files = dashboardFiles();
const panelsIn = (path: string): Panel[] =>
  (JSON.parse(files[`grafana/dashboards/${path}.json`] ?? '') as { panels: Panel[] }).panels;
const shownPanels = LANGUAGES.flatMap((language) =>
  DASHBOARDS.flatMap(({ uid }) => panelsIn(`${language}/${uid}`).filter(({ type }) => type !== 'row')),
);

/** A recorded series in a query, `sluice:accepted:error_ratio_rate28d`. */
const RECORDED = /\bsluice:[\w:]+/g;

t.test('every recorded series in a panel or an alert is recorded', async (t) => {
  const expressions = [...queries.map(({ query }) => query.expr), ...allAlerts(scale).map(({ expr }) => expr)];
  const named = new Set(expressions.flatMap((expr) => expr.match(RECORDED) ?? []));
  t.ok(named.size > 20);
  for (const name of named) t.ok(recorded.has(name), name);
});

t.test('every label in a legend is a label of what the query returns', async (t) => {
  for (const { title, query } of queries) {
    const expr = query.expr.replaceAll(RECORDED, (name) => recorded.get(name) ?? name);
    const labels = [...expr.matchAll(/\b(?:by|group_left) \(([\w, ]+)\)/g)].flatMap(([, names = '']) =>
      names.split(', '),
    );
    for (const language of LANGUAGES) {
      const legend = textIn(query.legend, language);
      t.ok(legend, `${title}: without a legend the query itself is shown`);
      for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
        t.ok(labels.includes(label), `${title}: ${label}`);
    }
  }
});

t.test('every query is of the chosen jobs and instances, or of a series that is recorded of all of them', async (t) => {
  for (const { title, query } of queries) {
    for (const [, matchers = ''] of query.expr.matchAll(/\b(?:sluice|process|nodejs)_\w+(?:\{([^}]*)\})?/g))
      t.match(matchers, /^job=~"\$job",instance=~"\$instance"/, `${title}: ${query.expr}`);
  }
});

t.test('no two panels show the same', async (t) => {
  const seen = new Map<string, string>();
  for (const { title, query } of queries) {
    t.notOk(seen.get(query.expr), `${title} shows what no other panel does`);
    seen.set(query.expr, title);
  }
  for (const { title, rows } of DASHBOARDS) {
    const titles = rows.flatMap((row) => [row.title.en, ...row.panels.map((panel) => panel.title.en)]);
    t.equal(new Set(titles).size, titles.length, `${title.en}: titles differ`);
  }
});

t.test('a line stands where an alert on the same series fires', async (t) => {
  for (const { title, limit, queries } of panels) {
    if (!limit) continue;
    const alerts = allAlerts(scale).filter(({ name }) => name === limit.alert);
    const metric = /\b(?:sluice[_:]|process_)[\w:]+/g;
    const shown = queries
      .map(({ expr }) => expr.replaceAll(RECORDED, (name) => `${name} ${recorded.get(name)}`))
      .join();
    t.ok(limitOf(limit) > 0, `${title.en}: at ${limitOf(limit)}`);
    t.ok(
      alerts.some(({ expr }) => [...expr.matchAll(metric)].some(([name]) => shown.includes(name))),
      `${title.en} shows what ${limit.alert} compares`,
    );
  }
  t.throws(() => limitOf({ alert: 'SluiceWatchdog' }), RangeError);
});

t.test('every panel shows its legend, and links to its runbook on a dashboard', async (t) => {
  const runbooks = panelsIn(`en/${RUNBOOKS_UID}`);
  t.equal(shownPanels.length, 2 * panels.length);
  for (const [i, { title, options, links, targets }] of shownPanels.entries()) {
    t.ok(options.legend.showLegend && targets.every(({ legendFormat }) => legendFormat !== ''), title);
    const [, id] = /^\/d\/sluice-runbooks\/runbooks\?viewPanel=(\d+)$/.exec(links[0]?.url ?? '') ?? [];
    const runbook = runbooks.find((panel) => panel.id === Number(id));
    t.equal(runbook?.title, panels[i % panels.length]?.runbook, title);
  }
  t.equal(runbooks.filter(({ title }) => title === 'SluiceWatchdog').length, 1, 'alerts without a panel are there too');
});

t.test('panels of a dashboard lie beside and below each other', async (t) => {
  for (const { uid } of DASHBOARDS) {
    const all = panelsIn(`en/${uid}`);
    t.equal(new Set(all.map(({ id }) => id)).size, all.length, `${uid}: ids differ`);
    for (const [i, { gridPos: one }] of all.entries()) {
      t.ok(one.x + one.w <= 24, `${uid}: within the grid`);
      for (const { gridPos: other } of all.slice(i + 1)) {
        const apart =
          one.x + one.w <= other.x ||
          other.x + other.w <= one.x ||
          one.y + one.h <= other.y ||
          other.y + other.h <= one.y;
        t.ok(apart, `${uid}: ${JSON.stringify(one)} ${JSON.stringify(other)}`);
      }
    }
  }
});

/** Names that a Chinese operator knows by these letters. */
const LATIN =
  /\b(?:Sluice|NATS|HTTP|WebSocket|JSON|MessagePack|Protobuf|SSE|JavaScript|LimitNOFILE|NTP|TLS|ack|subscribe|[45]xx|[CDLPQRT]\d*|I1)\b|\{\{\w+\}\}/g;

const chineseTexts: [where: string, text: string][] = DASHBOARDS.flatMap(({ title, rows }) => [
  ['dashboard', title.zh] as [string, string],
  ...rows.flatMap((row) => [
    ['row', row.title.zh] as [string, string],
    ...row.panels.flatMap((panel) => textsOf(panel)),
  ]),
]);

function textsOf({ title, description, unit, queries, names = {} }: PanelSpec): [string, string][] {
  const inChinese = (text: Text): string => (typeof text === 'string' ? '' : text.zh);
  const others = [unit, ...queries.map(({ legend }) => legend)].map(inChinese);
  const named = [...Object.values(names), ...Object.values(NO_SERIES)].map(({ zh }) => zh);
  return [title.zh, description.zh, ...others, ...named].map((text) => [title.en, text]);
}

t.test('Chinese texts have no English left, and the punctuation of their language', async (t) => {
  for (const [where, text] of chineseTexts) {
    const unitless = text.replace(/^(?:suffix:|clocks$)/, '');
    t.notMatch(unitless.replaceAll(LATIN, ''), /[A-Za-z]/, `${where}: ${text}`);
    t.notMatch(unitless, /[\u4e00-\u9fff][,;:()]|[,;:()][\u4e00-\u9fff]/, `${where}: ${text}`);
  }
});

t.test('every title, description and unit differs between the languages, or is a name', async (t) => {
  for (const { title, description } of panels) {
    for (const text of [title, description]) t.match(text.zh, /[\u4e00-\u9fff]/, text.en);
    t.notMatch(title.en + description.en, /[\u4e00-\u9fff]/, title.en);
  }
});
