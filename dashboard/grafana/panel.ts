/** A text in both languages of the dashboards. */
export interface Bilingual {
  en: string;
  zh: string;
}

export type Language = keyof Bilingual;
export const LANGUAGES: readonly Language[] = ['en', 'zh'];

/** A string is alike in both languages: a label of the query, a code, a name of a protocol. */
export type Text = string | Bilingual;

export const textIn = (text: Text, language: Language): string => (typeof text === 'string' ? text : text[language]);

export interface PanelQuery {
  expr: string;
  /** Label template of Prometheus, `{{partition}}`. */
  legend: Text;
}

/** Value of the label that is the legend → what is shown instead. */
export type ValueNames = Readonly<Record<string, Bilingual>>;

/** The alert whose limit the panel draws, so that the line is where the alert fires. */
export interface AlertLimit {
  alert: string;
  labels?: Readonly<Record<string, string>>;
  /** Unit of the alert in units of the panel: days for an alert in seconds is 1 / 86,400. */
  factor?: number;
}

export interface PanelSpec {
  title: Bilingual;
  description: Bilingual;
  /** Grafana's unit id: see `units.ts`. */
  unit: Text;
  /** Heading of docs/alerts.md that says what to do. */
  runbook: string;
  queries: PanelQuery[];
  names?: ValueNames;
  limit?: AlertLimit;
  /** A whole number, which `increase` returns with a fraction. */
  isCount?: boolean;
  /** A share that may fall below 0. */
  isSigned?: boolean;
  /** More lines than fit below the panel: they are listed beside it, with the newest value of each. */
  hasManyLines?: boolean;
}

export interface RowSpec {
  title: Bilingual;
  panels: PanelSpec[];
  /** Panels beside each other; two unless given. */
  columns?: number;
}

export interface DashboardSpec {
  uid: string;
  title: Bilingual;
  /** In the order in which an operator asks. */
  rows: RowSpec[];
  /** Series whose jobs and instances the variables offer, as matchers. */
  targets: string;
}

export const panelsOf = ({ rows }: DashboardSpec): PanelSpec[] => rows.flatMap(({ panels }) => panels);

/** Label matchers that every query of a broker's or canary's series has: the variables of the dashboard. */
export const TARGET = 'job=~"$job",instance=~"$instance"';

/** The variables offer the brokers … */
export const BROKERS = 'sluice_nats_up';
/** … or brokers and canaries, which are scraped by another job at addresses of their own. */
export const BROKERS_AND_CANARIES = '{__name__=~"sluice_nats_up|sluice_canary_paused"}';
