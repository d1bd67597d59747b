import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';

/** Series that Prometheus makes by itself. */
const OF_PROMETHEUS = ['up', 'ALERTS', 'ALERTS_FOR_STATE'];
const OF_EVERY_SCRAPE = /^scrape_/;
/** Series of a histogram and of a counter in OpenMetrics. */
const ENDING = /_(?:bucket|count|sum|total|created)$/;

const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g;
const COMMENT = /#.*$/gm;
const LABELS = /\{[^{}]*\}/g;
const DURATION = /\[[^\]]*\]|\boffset\s+-?[\w.]+/g;
const LABEL_LIST = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
/** A name that is no number, and whether it is called. */
const NAME = /(?<![\w.:])([a-zA-Z_:][\w:]*)(\s*\()?/g;
const KEYWORDS = new Set(
  'and or unless atan2 bool by without on ignoring group_left group_right start end inf nan'.split(' '),
);

/** The metrics that an expression reads. */
export function metricsOf(expr: string): string[] {
  const bare = expr
    .replace(STRING, '')
    .replace(COMMENT, '')
    .replace(LABELS, '')
    .replace(DURATION, '')
    .replace(LABEL_LIST, '');
  const names = [...bare.matchAll(NAME)].filter(([, name = '', call]) => !call && !KEYWORDS.has(name.toLowerCase()));
  return [...new Set(names.map(([, name = '']) => name))];
}

interface RuleOfFile {
  name: string;
  expr: string;
  line: number;
}

/**
 * Faults of a rule file, each with its line: a file that cannot be read, and rules that name a metric which nobody exposes. Prometheus
 * takes such a rule without a word, and it never fires. `families` are the names after `# TYPE`; those that begin with one of `others`
 * are of other programs.
 */
export function ruleProblems(text: string, families: ReadonlySet<string>, others: readonly string[] = []): string[] {
  const counter = new LineCounter();
  const file = parseDocument(text, { lineCounter: counter });
  const [error] = file.errors;
  if (error) return [`line ${error.linePos?.[0].line ?? 1}: this is no YAML: ${error.message.split('\n')[0]}`];
  const rules: RuleOfFile[] = [];
  const groups = isMap(file.contents) ? file.contents.get('groups', true) : undefined;
  if (!isSeq(groups)) return ['line 1: this is no rule file: it has no list "groups"'];
  const recorded = new Set<string>();
  for (const rule of groups.items.flatMap(rulesIn)) {
    const record = stringOf(rule, 'record');
    if (record) recorded.add(record.text);
    const [name, expr] = [stringOf(rule, 'alert') ?? record, stringOf(rule, 'expr')];
    const line = counter.linePos(expr?.offset ?? (rule as Node).range?.[0] ?? 0).line;
    if (name && expr) rules.push({ name: name.text, expr: expr.text, line });
  }
  if (rules.length === 0) return ['line 1: there is no rule in this file'];
  const isThere = (metric: string): boolean =>
    families.has(metric) ||
    families.has(metric.replace(ENDING, '')) ||
    recorded.has(metric) ||
    OF_PROMETHEUS.includes(metric) ||
    OF_EVERY_SCRAPE.test(metric) ||
    others.some((prefix) => metric.startsWith(prefix));
  return rules.flatMap(({ name, expr, line }) =>
    metricsOf(expr)
      .filter((metric) => !isThere(metric))
      .map((metric) => `line ${line}: ${name} names ${metric}, a metric that is not there${nearest(metric, families)}`),
  );
}

const rulesIn = (group: unknown): unknown[] => {
  const rules = isMap(group) ? group.get('rules', true) : undefined;
  return isSeq(rules) ? rules.items : [];
};

function stringOf(rule: unknown, key: string): { text: string; offset: number } | undefined {
  if (!isMap(rule)) return undefined;
  const pair = rule.items.find((item): item is Pair => isPair(item) && isScalar(item.key) && item.key.value === key);
  const value = pair?.value;
  if (!isScalar(value) || value.value === null || value.value === undefined) return undefined;
  return { text: String(value.value), offset: value.range?.[0] ?? 0 };
}

/** The one that shares the longest beginning and end; none where they share little. */
function nearest(metric: string, families: ReadonlySet<string>): string {
  const base = metric.replace(ENDING, '');
  let [best, most] = ['', 0];
  for (const family of families) {
    const shared =
      sharedLength(base, family) + sharedLength([...base].reverse().join(''), [...family].reverse().join(''));
    const score = shared / Math.max(base.length, family.length);
    if (score > most) [best, most] = [family, score];
  }
  return most > 0.6 ? `; did you mean ${best}?` : '';
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
