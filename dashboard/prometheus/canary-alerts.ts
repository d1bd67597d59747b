import type { Alert } from './rule.js';
import type { TimeScale } from './time-scale.js';

/** Scrape job of the canaries; the configuration and the rules must name the same one. */
export const CANARY_JOB = 'sluice-canary';

/** A leak has no budget and no delay. The rest says that nobody would notice one. */
export const canaryAlerts = (scale: TimeScale): Alert[] => [
  {
    name: 'SluiceCanaryLeak',
    expr: `sum by (medium) (increase(sluice_canary_leaks_total[${scale.duration('5m')}])) > 0`,
    severity: 'page',
    summary: 'The canary found something in {{ $labels.medium }} that nobody is granted: the bus leaks',
  },
  {
    name: 'SluiceViewLeak',
    expr: `sum by (instance) (increase(sluice_leak_check_findings_total{kind="leak"}[${scale.duration('5m')}])) > 0`,
    severity: 'page',
    summary: 'The broker at {{ $labels.instance }} would give out what a grant does not allow; its log names the grant',
  },
  {
    name: 'SluiceViewWrong',
    expr: `sum by (instance, kind) (increase(sluice_leak_check_findings_total{kind=~"withheld|failed"}[${scale.duration('5m')}])) > 0`,
    severity: 'ticket',
    summary:
      'The broker at {{ $labels.instance }} would not deliver what a grant allows ({{ $labels.kind }}); its log names the grant',
  },
  {
    name: 'SluiceCanaryDown',
    expr: `up{job="${CANARY_JOB}"} == 0 or time() - sluice_canary_last_round_timestamp_seconds > ${scale.ownSeconds('5m')}`,
    for: '5m',
    severity: 'ticket',
    summary:
      'The canary at {{ $labels.instance }} does not run: nobody would see that the bus does not deliver, or leaks',
  },
  {
    name: 'SluiceCanaryPaused',
    expr: `max by (instance, reason) (${scale.held('sluice_canary_paused')}) == 1`,
    for: '5m',
    severity: 'ticket',
    summary: 'The canary at {{ $labels.instance }} judges nothing or not all: {{ $labels.reason }}',
  },
];
