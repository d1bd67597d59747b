import type { PromDuration } from './time-scale.js';

/** `page` wakes somebody now; `ticket` is for the next working day. */
export type Severity = 'page' | 'ticket' | 'none';

export interface Alert {
  name: string;
  expr: string;
  /** How long the condition must hold before the alert fires. */
  for?: PromDuration;
  severity: Severity;
  /** One line for the pager: what is wrong. Prometheus fills `{{ $labels.x }}` and `{{ $value }}`. */
  summary: string;
  /** Further labels, which Alertmanager routes and inhibits by. */
  labels?: Record<string, string>;
}

export interface RecordingRule {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}
