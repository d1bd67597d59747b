import t from 'tap';
import { stringify } from 'yaml';
import { ConnectorConfigError } from '../../connectors/runtime/connector-errors.js';
import { ruleDocument } from '../../tests/support/benefits/benefit-rule-samples.js';
import { parseRules } from './parse-rules.js';
import type { ConditionDocument } from './rule-document.js';

function problemsOf(file: unknown): string[] {
  try {
    parseRules(typeof file === 'string' ? file : stringify(file), 'Asia/Shanghai');
    return [];
  } catch (error) {
    if (!(error instanceof ConnectorConfigError)) throw error;
    return error.problems;
  }
}

const FINE = { missing: 'death' } as const;

t.test('parsing lists every problem of every rule with its path', async (t) => {
  const first = ruleDocument({
    all: [
      { value: { item: 'person.nmae' }, is: 'x' },
      { value: { age: { item: 'person.name' } }, is: 1 },
    ],
  });
  const second = { ...ruleDocument(FINE), id: 'other', about: 'nobody' };
  t.strictSame(problemsOf({ rules: [first, second] }), [
    'sample.conditions.only.all.0.value: source person does not declare an item nmae',
    'sample.conditions.only.all.1.value.age: person.name is string and must be date',
    'other.about: is not a source of the rule',
  ]);
});

const WRONG: [string, object, RegExp][] = [
  ['an unknown condition', { sometimes: [] }, /is not a condition/],
  ['an unknown value', { value: { square: 2 }, is: 4 }, /is not a value/],
  ['an unknown key beside a known one', { value: { today: true, zone: 'x' }, is: '2026-01-01' }, /unknown key zone/],
  ['code as text', { value: { item: 'person.name', eval: 'process.exit()' }, is: 'x' }, /unknown key eval/],
  ['a comparison with nothing', { value: { item: 'person.name' } }, /compares with nothing/],
  ['an order of texts', { value: { item: 'person.name' }, atLeast: 'x' }, /does not fit person.name, which is string/],
  ['a date against a number', { value: { item: 'person.born' }, is: 3 }, /3 is not a date/],
  ['a day that does not exist', { value: { item: 'person.born' }, is: '2023-02-29' }, /is not a date/],
  ['a list against a scalar', { value: { item: 'person.tags' }, is: 'x' }, /which is a list of string/],
  ['a mixed list', { value: { item: 'person.rooms' }, in: [1, 'x'] }, /in\.1: "x" is not a quantity/],
  ['one item of many records', { value: { item: 'children.name' }, is: 'x' }, /use count or values/],
  ['a source that is none', { exists: 'pets' }, /"pets" is not a source/],
  ['an empty group', { all: [] }, /list of conditions/],
  [
    'a fraction of a month',
    { value: { date: { item: 'person.born' }, plus: { months: 0.5 } }, is: '2026-01-01' },
    /whole numbers/,
  ],
];

t.test('a wrong condition is refused with a reason', async (t) => {
  for (const [name, test, message] of WRONG) {
    t.match(problemsOf({ rules: [ruleDocument(test as ConditionDocument)] }).join('\n'), message, name);
  }
});

t.test('a file that is not YAML or has another shape is refused', async (t) => {
  t.match(problemsOf('rules: [{'), [/not YAML/]);
  t.match(problemsOf({ rule: [] }).join('\n'), /unknown key rule/);
  t.match(problemsOf({ rules: [{ ...ruleDocument(FINE), version: 0 }] }).join('\n'), /version must be >= 1/);
  t.match(problemsOf({ rules: [ruleDocument(FINE), ruleDocument(FINE)] }), ['rule sample is there twice']);
});

t.test('items and keys of sources must have types that rules can evaluate', async (t) => {
  const document = ruleDocument(FINE);
  const sources = {
    ...document.sources,
    death: { grant: 'g', key: 'day', optional: true, items: { day: 'date', papers: 'object' } },
  };
  t.match(problemsOf({ rules: [{ ...document, sources }] }), [
    /papers is object, which rules cannot evaluate/,
    /key day must be a single string/,
  ]);
  const outcome = { ...document.outcome, items: { outcome: { item: 'person.name' } } };
  t.match(problemsOf({ rules: [{ ...document, outcome }] }), [/outcome cannot be an own item/]);
});

t.test('a key without a value is refused with its path', async (t) => {
  const document = { ...ruleDocument(FINE), outcome: { ...ruleDocument(FINE).outcome, until: null } };
  t.match(problemsOf({ rules: [document] }), [/^rules\[0\]\.outcome\.until: has no value/]);
  const person = { ...ruleDocument(FINE).sources.person, key: null };
  t.match(problemsOf({ rules: [{ ...ruleDocument(FINE), sources: { ...ruleDocument(FINE).sources, person } }] }), [
    /sources\.person\.key: has no value/,
  ]);
});
