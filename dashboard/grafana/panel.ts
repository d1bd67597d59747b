/** A text in both languages of the dashboards. */
export interface Bilingual {
  en: string;
  zh: string;
}

export type Language = keyof Bilingual;
export const LANGUAGES: readonly Language[] = ['en', 'zh'];

export interface PanelQuery {
  expr: string;
  /** Prometheus label template, `{{partition}}`. */
  legend: string;
}

export interface PanelSpec {
  title: Bilingual;
  description: Bilingual;
  /** Grafana's unit id: `eps` events per second, `s` seconds, `percentunit` a share of 1, `Bps` bytes per second. */
  unit: string;
  /** Heading of docs/alerts.md that says what to do. */
  runbook: string;
  queries: PanelQuery[];
}

export interface DashboardSpec {
  uid: string;
  title: Bilingual;
  panels: PanelSpec[];
}

/** Label matchers that every query has: the variables of the dashboard. */
export const TARGET = 'job=~"$job",instance=~"$instance"';

/** The series of `/metrics/grants` belong to a scrape job of their own. */
export const GRANT_TARGET = 'instance=~"$instance"';
