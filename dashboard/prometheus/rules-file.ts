import { stringify } from 'yaml';
import { BROKER_JOB, causeAlerts } from './alerts.js';
import { CANARY_JOB, canaryAlerts } from './canary-alerts.js';
import { GRANTS_JOB, grantAlerts } from './grant-alerts.js';
import { grantRules } from './grant-rules.js';
import { MADE_BY } from './made-by.js';
import { burnAlerts, objectiveRules } from './objectives.js';
import type { Alert } from './rule.js';
import { type PromDuration, TimeScale } from './time-scale.js';

/** Runbooks are read from the checkout or from wherever a bus keeps its documents. */
const RUNBOOK = 'docs/alerts.md';

/** Every alert with the labels that are common to all. */
export const allAlerts = (scale: TimeScale): Alert[] => [
  ...causeAlerts(scale),
  ...canaryAlerts(scale),
  ...grantAlerts(scale),
  ...burnAlerts(),
];

/** GitHub's anchor of the heading that has the alert's name. */
export const runbookOf = (name: string): string => `${RUNBOOK}#${name.toLowerCase()}`;

/** The rule file of Prometheus, as YAML. */
export function rulesFile(scale = new TimeScale()): string {
  const interval = scale.duration('30s');
  const rules = (alerts: Alert[]): object[] => alerts.map((alert) => alertRule(alert, scale));
  const groups = [
    // Rules of one group are evaluated in order: an alert of this one compares what was recorded a moment before.
    { name: 'sluice-objectives', interval, rules: [...objectiveRules(scale), ...rules(burnAlerts())] },
    { name: 'sluice-causes', interval, rules: rules(causeAlerts(scale)) },
    { name: 'sluice-canary', interval, rules: rules(canaryAlerts(scale)) },
    { name: 'sluice-grants', interval, rules: [...grantRules(scale), ...rules(grantAlerts(scale))] },
  ];
  return MADE_BY + stringify({ groups }, { lineWidth: 0 });
}

function alertRule(alert: Alert, scale: TimeScale): object {
  return {
    alert: alert.name,
    expr: alert.expr,
    ...(alert.for ? { for: scale.duration(alert.for) } : {}),
    labels: { severity: alert.severity, ...alert.labels },
    annotations: { summary: alert.summary, runbook_url: runbookOf(alert.name) },
  };
}

/** A scrape configuration to begin with. One target for each broker and each canary; workers of one broker answer together. */
export function prometheusFile({
  targets = ['127.0.0.1:8080'],
  canaries = ['127.0.0.1:9464'],
  alertmanagers = ['127.0.0.1:9093'],
  rules = 'rules.yml',
  grantsTokenFile = undefined as string | undefined,
  scale = new TimeScale(),
  /** 15 s, scaled, unless given. */
  scrapeInterval = undefined as PromDuration | undefined,
} = {}): string {
  const interval = scale.duration('15s');
  return (
    MADE_BY +
    stringify({
      global: { scrape_interval: scrapeInterval ?? interval, evaluation_interval: interval },
      rule_files: [rules],
      scrape_configs: [
        { job_name: BROKER_JOB, metrics_path: '/metrics', static_configs: [{ targets }] },
        { job_name: CANARY_JOB, metrics_path: '/metrics', static_configs: [{ targets: canaries }] },
        ...(grantsTokenFile === undefined ? [] : [grantsJob(targets, grantsTokenFile)]),
      ],
      alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    })
  );
}

/** The token is that of an auditor or the platform operator, who see all grants, or of one department. */
const grantsJob = (targets: string[], tokenFile: string): object => ({
  job_name: GRANTS_JOB,
  metrics_path: '/metrics/grants',
  authorization: { credentials_file: tokenFile },
  static_configs: [{ targets }],
});
