import { grafanaFiles } from './grafana/grafana-files.js';
import { alertmanagerFile } from './prometheus/alertmanager-file.js';
import { prometheusFile, rulesFile } from './prometheus/rules-file.js';

/** Path below `dashboard/` → content, of everything that is made from source in this folder. */
export function dashboardFiles(): Record<string, string> {
  return {
    'prometheus/rules.yml': rulesFile(),
    'prometheus/prometheus.yml': prometheusFile({ grantsTokenFile: 'sluice-grants.token' }),
    'prometheus/alertmanager.yml': alertmanagerFile(),
    ...grafanaFiles(),
  };
}
