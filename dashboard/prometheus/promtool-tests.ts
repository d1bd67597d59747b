import { stringify } from 'yaml';
import { ALERT_CASES, type AlertCase } from './alert-cases.js';

const STEP = '30s';

/**
 * Files for `promtool test rules`: each case twice, with the series that fire the alert and with those that do not. One
 * file for each step, because a file evaluates all its rules at one interval.
 */
export function promtoolTests(rules: string): string[] {
  const steps = [...new Set(ALERT_CASES.map(({ step = STEP }) => step))];
  return steps.map((step) => {
    const cases = ALERT_CASES.filter((one) => (one.step ?? STEP) === step);
    const tests = cases.flatMap((one) => [testOf(one, one.fires, true), testOf(one, one.silent, false)]);
    return stringify({ rule_files: [rules], evaluation_interval: step, tests }, { lineWidth: 0 });
  });
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
