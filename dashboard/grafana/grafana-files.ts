import { stringify } from 'yaml';
import { dashboardOf } from './dashboard-json.js';
import { LANGUAGES, type Language } from './panel.js';
import { DASHBOARDS } from './panels.js';
import { RUNBOOKS_UID, runbookDashboard } from './runbook-dashboard.js';

const jsonOf = (dashboard: object): string => `${JSON.stringify(dashboard, undefined, 2)}\n`;

/** Path below `dashboard/` → content: dashboards in both languages, and how a Grafana finds them. */
export function grafanaFiles(): Record<string, string> {
  const dashboards = DASHBOARDS.flatMap((spec) =>
    LANGUAGES.map(
      (language) => [`grafana/dashboards/${language}/${spec.uid}.json`, jsonOf(dashboardOf(spec, language))] as const,
    ),
  );
  return {
    ...Object.fromEntries(dashboards),
    [`grafana/dashboards/en/${RUNBOOKS_UID}.json`]: jsonOf(runbookDashboard()),
    'grafana/provisioning/dashboards/sluice.yml': stringify({ apiVersion: 1, providers: LANGUAGES.map(providerOf) }),
    'grafana/provisioning/datasources/prometheus.yml': dataSourceFile('http://127.0.0.1:9090'),
    'grafana/grafana.ini': NO_CALLS_HOME,
  };
}

/** The scrape interval of `prometheus.yml`: `$__rate_interval` is four of them at least. */
const SCRAPE_INTERVAL = '15s';

/** Tells a Grafana where its Prometheus is. */
export const dataSourceFile = (url: string): string =>
  stringify({
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        type: 'prometheus',
        uid: 'prometheus',
        access: 'proxy',
        url,
        isDefault: true,
        jsonData: { httpMethod: 'POST', prometheusType: 'Prometheus', timeInterval: SCRAPE_INTERVAL },
      },
    ],
  });

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
# The catalog of plugins is a page of grafana.com.
plugin_admin_enabled = false
public_key_retrieval_disabled = true
preinstall_disabled = true

[security]
disable_gravatar = true

[snapshots]
external_enabled = false

[cloud_migration]
enabled = false
`;

function providerOf(language: Language): object {
  return {
    name: `sluice-${language}`,
    folder: language === 'zh' ? 'Sluice 中文' : 'Sluice',
    type: 'file',
    options: { path: `/etc/grafana/dashboards/${language}` },
  };
}
