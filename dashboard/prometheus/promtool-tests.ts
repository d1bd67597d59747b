import { parse, stringify } from 'yaml';
import { ALERT_CASES, type AlertCase } from './alert-cases.js';

const STEP = '30s';

export interface PromtoolTest {
  alert: string;
  rulesName: string;
  /** Rules of `rulesFile` that decide about the alert. */
  rules: string;
  testName: string;
  /** For `promtool test rules`: the series that fire the alert, and those that do not. */
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
    const tests = [testOf(one, one.fires, true), testOf(one, one.silent, false)];
    return {
      alert: one.alert,
      rulesName,
      rules: stringify(rulesOf(file, one), { lineWidth: 0 }),
      testName: `test-${i}.yml`,
      test: stringify({ rule_files: [rulesName], evaluation_interval: one.step ?? STEP, tests }, { lineWidth: 0 }),
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

function testOf(
  { alert, labels = {}, at, step = STEP }: AlertCase,
  series: Record<string, string>,
  fires: boolean,
): object {
  const more = Object.entries(labels).map(([name, value]) => `,${name}="${value}"`);
  const expr = `count(ALERTS{alertname="${alert}",alertstate="firing"${more.join('')}})`;
  return {
    name: `${alert} ${Object.values(labels).join(' ')} ${fires ? 'fires' : 'is silent below its limit'}`,
    interval: step,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [{ expr, eval_time: at, exp_samples: fires ? [{ labels: '{}', value: 1 }] : [] }],
  };
}
