import { strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { joined, ruleDocument, type Sample, sampleRule } from '../../tests/support/benefits/benefit-rule-samples.js';
import { addDays } from './calendar-date.js';
import { evaluateRule } from './evaluate-rule.js';
import { parseRule } from './parse-rules.js';
import type { ConditionDocument, ValueDocument } from './rule-document.js';

const TODAY = '2026-11-24';
const PERSON = {
  name: '陈小明',
  born: '1990-02-28',
  moved: '2026-11-24',
  seen: '2026-11-23T16:30:00Z',
  income: '1200.50',
  rooms: 3,
  married: true,
  tags: ['a', 'b'],
};
const CHILDREN = [
  { mother: 'm', born: '2024-11-25', name: 'one' },
  { mother: 'm', born: '2026-01-01', name: 'two' },
  { mother: 'm', born: '2010-01-01', name: 'three' },
];
const item = (name: string): ValueDocument => ({ item: `person.${name}` });

const meets = (
  test: ConditionDocument,
  sample: Sample = { person: PERSON, children: CHILDREN },
  today = TODAY,
): boolean => evaluateRule(sampleRule(test), joined(sample), today).outcome === 'applies';

const CASES: [string, ConditionDocument, boolean][] = [
  ['a text is', { value: item('name'), is: '陈小明' }, true],
  ['a text is not', { value: item('name'), isNot: '陈小明' }, false],
  ['a text starts with', { value: item('name'), startsWith: '陈' }, true],
  ['the first characters', { value: { first: 2, of: item('name') }, is: '陈小' }, true],
  ['in', { value: item('name'), in: ['王', '陈小明'] }, true],
  ['not in', { value: item('name'), notIn: ['王', '陈小明'] }, false],
  ['a list contains', { value: item('tags'), contains: 'b' }, true],
  ['a list does not contain', { none: [{ value: item('tags'), contains: 'c' }] }, true],
  ['a decimal by value', { value: item('income'), is: '1200.5' }, true],
  ['a decimal and a number', { value: item('income'), above: 1200 }, true],
  ['decimals not as texts', { value: item('income'), above: '999.99' }, true],
  ['a truth', { value: item('married'), is: true }, true],
  ['two bounds, both inclusive', { value: item('rooms'), atLeast: 3, atMost: 3 }, true],
  ['below', { value: item('rooms'), below: 3 }, false],
  ['a sum of money', { value: { plus: [item('income'), '0.5', 1] }, is: 1202 }, true],
  ['a product', { value: { times: [item('income'), 3] }, is: '3601.5' }, true],
  ['a difference', { value: { minus: [1000, item('income')] }, is: '-200.5' }, true],
  ['an age', { value: { age: item('born') }, is: 36 }, true],
  ['an age on a day', { value: { age: item('born'), at: '2008-02-27' }, is: 17 }, true],
  ['months', { value: { months: { from: '2026-01-31', to: '2026-04-30' } }, is: 3 }, true],
  ['today', { value: item('moved'), is: { today: true } }, true],
  ['the day of an instant is that of the zone', { value: item('seen'), is: '2026-11-24' }, true],
  ['a day moved', { value: { date: item('moved'), plus: { months: 1 }, to: 'monthStart' }, is: '2026-12-01' }, true],
  ['an end of a month', { value: { date: '2024-01-31', plus: { months: 1 }, to: 'monthEnd' }, is: '2024-02-29' }, true],
  ['a count', { value: { count: 'children' }, is: 3 }, true],
  [
    'a count of some',
    { value: { count: 'children', where: { value: { age: { item: 'children.born' } }, below: 2 } }, is: 2 },
    true,
  ],
  ['values of many', { value: { values: 'children.name' }, contains: 'two' }, true],
  ['in the values of many', { value: 'two', in: { values: 'children.name' } }, true],
  ['the first that is there', { value: { either: [{ item: 'death.day' }, item('born')] }, is: '1990-02-28' }, true],
  ['a record exists', { exists: 'children' }, true],
  ['a record is missing', { missing: 'death' }, true],
  ['an item has no value', { missing: 'person.name' }, false],
  ['all', { all: [{ exists: 'children' }, { exists: 'death' }] }, false],
  ['any', { any: [{ exists: 'death' }, { exists: 'children' }] }, true],
  ['none', { none: [{ exists: 'death' }, { missing: 'children' }] }, true],
];

t.test('each form of condition evaluates as documented', async (t) => {
  for (const [name, test, expected] of CASES) t.equal(meets(test), expected, name);
});

t.test('an absent value meets no comparison, negative ones included', async (t) => {
  const person = { born: '1990-01-01' };
  for (const operator of ['is', 'isNot', 'startsWith'] as const) {
    t.notOk(meets({ value: item('name'), [operator]: 'x' } as ConditionDocument, { person }), operator);
  }
  t.notOk(meets({ value: item('name'), notIn: ['x'] }, { person }));
  t.notOk(meets({ value: { times: [item('income'), 2] }, atLeast: 0 }, { person }));
});

t.test('a missing required record is reported as a condition that is not met', async (t) => {
  const verdict = evaluateRule(sampleRule({ missing: 'death' }), joined({}), TODAY);
  t.equal(verdict.outcome, 'does_not_apply');
  t.match(verdict.conditions[0], { id: 'record-person', met: false });
});

t.test('a rule whose grant is not in force evaluates to open', async (t) => {
  const record = { ...joined({ person: PERSON }), notInForce: new Set(['g-deaths']) };
  t.match(evaluateRule(sampleRule({ missing: 'death' }), record, TODAY), {
    outcome: 'open',
    conditions: [{ id: 'grant-g-deaths' }],
  });
});

t.test('a result names each value that was read with its event', async (t) => {
  const verdict = evaluateRule(
    sampleRule({ value: { age: item('born') }, atLeast: 18 }, item('income')),
    joined({ person: PERSON }),
    TODAY,
  );
  t.strictSame(verdict.conditions.at(-1), {
    id: 'only',
    words: { zh: '条件', en: 'the condition' },
    met: true,
    checks: [{ value: 'age of person.born', found: 36, operator: 'atLeast', against: 18, met: true }],
    basis: [
      {
        source: 'person',
        grant: 'g-people',
        entry: 'party.person',
        position: 1,
        op: 'create',
        item: 'born',
        value: '1990-02-28',
      },
    ],
  });
  t.match(verdict.figuresBasis, [{ item: 'income', value: '1200.50', position: 1 }]);
});

const day = fc.integer({ min: 0, max: 4_000 }).map((days) => addDays('2020-01-01', days));
const bound = fc.integer({ min: 0, max: 12 });
const operator = fc.constantFrom('is', 'isNot', 'atLeast', 'atMost', 'above', 'below');
const comparison = fc.oneof(
  fc.record({ operator, bound }).map(({ operator: by, bound: n }) => ({ value: { age: item('born') }, [by]: n })),
  fc
    .record({ operator, bound })
    .map(({ operator: by, bound: n }) => ({ value: { months: { from: item('born') } }, [by]: n * 9 })),
  fc.record({ operator, day }).map(({ operator: by, day: d }) => ({ value: { today: true }, [by]: d })),
  fc.record({ operator, bound }).map(({ operator: by, bound: n }) => ({
    value: n,
    [by]: { count: 'children', where: { value: { age: { item: 'children.born' } }, below: 3 } },
  })),
  fc.array(bound, { minLength: 1, maxLength: 3 }).map((all) => ({ value: { age: item('born') }, in: all })),
) as fc.Arbitrary<ConditionDocument>;
const { condition } = fc.letrec<{ condition: ConditionDocument }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    comparison,
    fc
      .record({
        group: fc.constantFrom('all', 'any', 'none'),
        of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
      })
      .map(({ group, of }) => ({ [group]: of }) as ConditionDocument),
  ),
}));

t.test('a result does not change without an event before its due day', async (t) => {
  fc.assert(
    fc.property(
      fc.record({ condition, born: day, children: fc.array(day, { maxLength: 3 }), today: day }),
      ({ condition: test, born, children, today }) => {
        const rule = sampleRule(test);
        const record = joined({ person: { born }, children: children.map((one) => ({ mother: 'm', born: one })) });
        const verdict = evaluateRule(rule, record, today);
        const end = addDays(today, 900);
        for (let one = today; one < (verdict.due ?? end) && one < end; one = addDays(one, 7)) {
          strictEqual(evaluateRule(rule, record, one).outcome, verdict.outcome, `on ${one}, due ${verdict.due}`);
        }
        if (verdict.due === undefined) return;
        strictEqual(verdict.due > today, true);
        strictEqual(
          evaluateRule(rule, record, addDays(verdict.due, -1)).outcome,
          verdict.outcome,
          'the day before it is due',
        );
      },
    ),
    { numRuns: 300 },
  );
  t.pass('for all rules and days');
});

t.test('the day after the last day is above every day, and is left out of figures', async (t) => {
  const tomorrow: ValueDocument = { date: item('born'), plus: { days: 1 } };
  for (const born of ['2098-12-31', '9999-12-31']) {
    t.ok(meets({ value: { today: true }, below: tomorrow }, { person: { born } }), born);
  }
  const document = ruleDocument({ exists: 'person.born' });
  document.outcome.until = tomorrow;
  document.outcome.items = { lastDay: tomorrow };
  const rule = parseRule(document, 'Asia/Shanghai');
  const figures = (born: string) => evaluateRule(rule, joined({ person: { born } }), TODAY).figures;
  t.strictSame(figures('9999-12-31'), { amount: '1', items: {} });
  t.strictSame(figures('9999-12-30'), { amount: '1', until: '9999-12-31', items: { lastDay: '9999-12-31' } });
});
