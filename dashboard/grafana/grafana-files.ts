import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { stringify } from 'yaml';
import { runbookOf } from '../prometheus/rules-file.js';
import { type DashboardSpec, LANGUAGES, type Language, type PanelSpec } from './panel.js';
import { DASHBOARDS } from './panels.js';

/** Half of Grafana's 24 columns. */
const PANEL_WIDTH = 12;
const PANEL_HEIGHT = 8;
const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' };

/** Path below `dashboard/` → content: dashboards in both languages, and how a Grafana finds them. */
export function grafanaFiles(): Record<string, string> {
  const dashboards = DASHBOARDS.flatMap((spec) =>
    LANGUAGES.map((language) => {
      const json = JSON.stringify(dashboardOf(spec, language), undefined, 2);
      return [`grafana/dashboards/${language}/${spec.uid}.json`, `${json}\n`] as const;
    }),
  );
  return {
    ...Object.fromEntries(dashboards),
    'grafana/provisioning/dashboards/sluice.yml': stringify({ apiVersion: 1, providers: LANGUAGES.map(providerOf) }),
    'grafana/provisioning/datasources/prometheus.yml': stringify({
      apiVersion: 1,
      datasources: [
        {
          name: 'Prometheus',
          type: 'prometheus',
          uid: 'prometheus',
          access: 'proxy',
          url: 'http://127.0.0.1:9090',
          isDefault: true,
        },
      ],
    }),
    'grafana/grafana.ini': NO_CALLS_HOME,
  };
}

/** Nothing that a Grafana does by default reaches out of the government network. */
const NO_CALLS_HOME = `# Made by \`npm run dashboards\`: every call to the outside is off.
[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
feedback_links_enabled = false

[news]
news_feed_enabled = false

[plugins]
public_key_retrieval_disabled = true
preinstall_disabled = true

[security]
disable_gravatar = true

[snapshots]
external_enabled = false
`;

function providerOf(language: Language): object {
  return {
    name: `sluice-${language}`,
    folder: language === 'zh' ? 'Sluice 中文' : 'Sluice',
    type: 'file',
    options: { path: `/etc/grafana/dashboards/${language}` },
  };
}

function dashboardOf(spec: DashboardSpec, language: Language): object {
  const builder = new DashboardBuilder(spec.title[language])
    .uid(`${spec.uid}-${language}`)
    .tags(['sluice', language])
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .withVariable(
      new DatasourceVariableBuilder('datasource')
        .type('prometheus')
        .label(language === 'zh' ? '数据源' : 'Data source'),
    )
    .withVariable(labelVariable('job', 'label_values(sluice_nats_up, job)'))
    .withVariable(labelVariable('instance', 'label_values(sluice_nats_up{job=~"$job"}, instance)'));
  for (const [i, panel] of spec.panels.entries()) builder.withPanel(panelOf(panel, language, i));
  return builder.build();
}

function labelVariable(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .query(query)
    .datasource(DATA_SOURCE)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .includeAll(true)
    .multi(true)
    .allValue('.*');
}

function panelOf(panel: PanelSpec, language: Language, index: number): PanelBuilder {
  const link = new DashboardLinkBuilder(language === 'zh' ? '处置手册' : 'Runbook')
    .type(DashboardLinkType.Link)
    .url(runbookOf(panel.runbook))
    .targetBlank(true);
  const builder = new PanelBuilder()
    .id(index + 1)
    .title(panel.title[language])
    .description(panel.description[language])
    .unit(panel.unit)
    .min(0)
    .datasource(DATA_SOURCE)
    .links([link])
    .gridPos({
      x: (index % 2) * PANEL_WIDTH,
      y: Math.floor(index / 2) * PANEL_HEIGHT,
      w: PANEL_WIDTH,
      h: PANEL_HEIGHT,
    });
  for (const [i, { expr, legend }] of panel.queries.entries()) {
    builder.withTarget(
      new DataqueryBuilder()
        .expr(expr)
        .legendFormat(legend)
        .refId(String.fromCharCode(65 + i))
        .range(),
    );
  }
  return builder;
}
