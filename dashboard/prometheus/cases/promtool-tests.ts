import { parse, stringify } from 'yaml';
import { type AlertCase, type SeriesOfCase, STAYS, STEPS } from './alert-case.js';
import { ALERT_CASES } from './alert-cases.js';

export interface PromtoolTest {
  alert: string;
  rulesName: string;
  /** Rules of `rulesFile` that decide about the alert. */
  rules: string;
  testName: string;
  /** For `promtool test rules`: the series that fire the alert from one step to another, and those that do not. */
  test: string;
}

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  labels?: Record<string, string>;
}

interface RuleFile {
  groups: { name: string; rules: Rule[] }[];
}

/**
 * Two files for each case. promtool evaluates every rule that it is given at every step of a case, up to three days of them, so
 * each is given only the rules that its alert is made of: a seventh of the CPU (docs/decisions/0286).
 */
export function promtoolTests(rules: string): PromtoolTest[] {
  const file: RuleFile = parse(rules);
  return ALERT_CASES.map((one, i) => {
    const rulesName = `rules-${i}.yml`;
    const tests = [firingTest(one), silentTest(one)];
    return {
      alert: one.alert,
      rulesName,
      rules: stringify(rulesOf(file, one), { lineWidth: 0 }),
      testName: `test-${i}.yml`,
      test: stringify({ rule_files: [rulesName], evaluation_interval: stepOf(one), tests }, { lineWidth: 0 }),
    };
  });
}

/** The alert and the recorded series that it is computed from, in the order and groups of the whole file. */
function rulesOf({ groups }: RuleFile, { alert, labels = {} }: AlertCase): RuleFile {
  const all = groups.flatMap(({ rules }) => rules);
  const isTested = (rule: Rule): boolean =>
    rule.alert === alert &&
    Object.entries(labels).every(([name, value]) => [undefined, value].includes(rule.labels?.[name]));
  const kept = new Set(all.filter(isTested));
  for (const { expr } of kept) {
    for (const rule of all) if (rule.record !== undefined && expr.includes(rule.record)) kept.add(rule);
  }
  return {
    groups: groups
      .map((group) => ({ ...group, rules: group.rules.filter((rule) => kept.has(rule)) }))
      .filter(({ rules }) => rules.length > 0),
  };
}

const stepOf = ({ step = '30s' }: AlertCase): keyof typeof STEPS => step;

/** Times of the series in seconds, which promtool takes as durations. */
const timeOf = (one: AlertCase, steps: number): string => `${steps * STEPS[stepOf(one)]}s`;

/** The alert as it fires, with all labels that it must have. */
function selectorOf({ alert, severity, labels = {} }: AlertCase): string {
  const all = Object.entries({ alertname: alert, alertstate: 'firing', severity, ...labels });
  return `ALERTS{${all.map(([name, value]) => `${name}="${value}"`).join(',')}}`;
}

const testOf = (one: AlertCase, what: string, series: SeriesOfCase, expectations: object[]): object => ({
  name: [one.alert, ...Object.values(one.labels ?? {}), what].join(' '),
  interval: stepOf(one),
  input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
  promql_expr_test: expectations,
});

const expectation = (one: AlertCase, expr: string, step: number, isThere: boolean): object => ({
  expr,
  eval_time: timeOf(one, step),
  exp_samples: isThere ? [{ labels: '{}', value: 1 }] : [],
});

/** Not a step too early, at its step, for as long as its cause lasts, and not a step longer. */
function firingTest(one: AlertCase): object {
  const { from, until, stays = STAYS } = one;
  const isFiring = (step: number, isThere: boolean): object =>
    expectation(one, `count(${selectorOf(one)})`, step, isThere);
  const after =
    until === undefined ? [isFiring(from + stays, true)] : [isFiring(until - 1, true), isFiring(until, false)];
  return testOf(one, 'fires', one.fires, [isFiring(from - 1, false), isFiring(from, true), ...after]);
}

/** At no step, whatever its other labels are. */
function silentTest(one: AlertCase): object {
  const end = (one.until ?? one.from) + STAYS;
  const expr = `count(count_over_time(ALERTS{alertname="${one.alert}",alertstate="firing"}[${timeOf(one, end + 1)}]))`;
  return testOf(one, 'is silent below its limit', one.silent, [expectation(one, expr, end, false)]);
}
