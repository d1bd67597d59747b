import t from 'tap';
import { metricsOf, ruleProblems } from './rule-check.js';

const families = new Set(['sluice_nats_up', 'sluice_commit_duration_seconds', 'sluice_events_refused_total']);
const fileOf = (...rules: string[]): string => `groups:\n  - name: g\n    rules:\n${rules.join('\n')}\n`;
const alert = (expr: string): string => `      - alert: A\n        expr: ${JSON.stringify(expr)}`;

t.test('the metrics of an expression are found, and no function, label, keyword or string', async (t) => {
  const expr = `max by (instance) (last_over_time(a_b{x="c_d", le!~'e'}[5m] offset 1h)) > bool 2e3
    and on (g, h) group_left (party) sum without (i) (rate(j:k_total[1d:5m])) or vector(Inf) # l_m
    unless topk(3, n_o) @ end()`;
  t.strictSame(metricsOf(expr), ['a_b', 'j:k_total', 'n_o']);
});

t.test('a rule that names a metric which is not there is reported with its line and what is near', async (t) => {
  const text = fileOf(alert('sluice_nats_upp == 0'), alert('sluice_nats_up == 0'), alert('nothing_like_it > 1'));
  t.strictSame(ruleProblems(text, families), [
    'line 5: A names sluice_nats_upp, a metric that is not there; did you mean sluice_nats_up?',
    'line 9: A names nothing_like_it, a metric that is not there',
  ]);
});

t.test('series of histograms, recorded ones, those of Prometheus and of other programs are there', async (t) => {
  const text = fileOf(
    '      - record: own:ratio\n        expr: rate(sluice_commit_duration_seconds_bucket{le="1.0"}[5m])',
    alert('own:ratio > 1 and on () up == 0 and on () ALERTS and on () scrape_duration_seconds > 1'),
    alert('node_filesystem_avail_bytes < 1'),
  );
  t.strictSame(ruleProblems(text, families, ['node_']), []);
});

t.test('a file that is none says why', async (t) => {
  t.match(ruleProblems('groups:\n  - name: [', families), [/^line \d+: this is no YAML: /]);
  t.match(ruleProblems('rules: []', families), [/it has no list "groups"$/]);
  t.match(ruleProblems('groups: []', families), [/there is no rule in this file$/]);
});
