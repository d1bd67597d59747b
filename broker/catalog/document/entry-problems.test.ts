import t from 'tap';
import type { EntryDocument, Item } from '../../../proto/entry/entry.js';
import { assertValidEntry, validateEntryDocument } from './entry-problems.js';

const entry = (change: Record<string, unknown> = {}): EntryDocument =>
  ({
    id: 'civil.birth',
    name: { zh: '出生登记', en: 'Births' },
    sharingAttribute: 'conditional',
    items: [{ name: 'idNumber', type: 'string', identifier: true }],
    ...change,
  }) as EntryDocument;

const withItem = (item: Record<string, unknown>): EntryDocument =>
  entry({ items: [{ name: 'idNumber', type: 'string', identifier: true }, item as unknown as Item] });

async function problemsOf(document: unknown): Promise<string[]> {
  const { problems, patternProblems } = await validateEntryDocument(document, { isTrial: true });
  return [...problems, ...patternProblems];
}

t.test(
  'in trial mode an entry needs id, name, attribute and items; missing lawful fields are one warning',
  async (t) => {
    const verdict = await validateEntryDocument(entry({ category: { else: 'is kept' } }), { isTrial: true });
    t.same([verdict.problems, verdict.patternProblems], [[], []]);
    t.match(verdict.warnings, [/provider: is missing.*secrecyAssessment/]);
  },
);

t.test('an unknown field of an entry is a warning in trial mode and on a registered bus', async (t) => {
  for (const isTrial of [true, false]) {
    const { problems, warnings } = await validateEntryDocument({ ...LAWFUL, dataGrad: 'important' }, { isTrial });
    t.same(problems, []);
    t.same(warnings, ['dataGrad: is not a known field; it is stored and ignored']);
  }
});

const REFUSED: [string, unknown, RegExp][] = [
  ['a string', 'not a map', /^document: /],
  ['an entry id without party', entry({ id: 'birth' }), /^id: /],
  ['no name', entry({ name: undefined }), /^name: is missing/],
  ['an attribute that the law does not know', entry({ sharingAttribute: 'maybe' }), /^sharingAttribute: /],
  ['a field without a value', entry({ piAssessment: { number: null } }), /^piAssessment.number: has no value/],
  [
    'a limit without a value',
    withItem({ name: 'b', type: 'string', maxLength: null }),
    /^items\[1\].maxLength: has no value/,
  ],
  ['no items', entry({ items: [] }), /^items: must be a list of at least one/],
  ['a foreign provider', entry({ provider: 'tax' }), /^provider: /],
  ['a retention of no days', entry({ retentionDays: 0 }), /^retentionDays: /],
  ['no identifier', entry({ items: [{ name: 'a', type: 'string' }] }), /exactly one must be the identifier, not 0/],
  ['two identifiers', withItem({ name: 'b', type: 'code', identifier: true }), /not 2/],
  ['an unknown item keyword', withItem({ name: 'b', type: 'string', colour: 'red' }), /^items\[1\].colour: /],
  ['an unknown type', withItem({ name: 'b', type: 'text' }), /^items\[1\].type: /],
  ['a name that is no identifier', withItem({ name: '1b', type: 'string' }), /^items\[1\].name: /],
  ['a name that every object has', withItem({ name: 'constructor', type: 'string' }), /^items\[1\].name: /],
  ['the name __proto__', withItem(JSON.parse('{"name": "__proto__", "type": "string"}')), /^items\[1\].name: /],
  ['names that differ in case only', withItem({ name: 'ID_number', type: 'string' }), /cannot be told apart from/],
  ['a filterable list', withItem({ name: 'b', type: 'string', list: true, filterable: true }), /filterable/],
  ['a filterable object', withItem({ name: 'b', type: 'object', filterable: true }), /filterable/],
  [
    'a boolean identifier',
    entry({ items: [{ name: 'a', type: 'boolean', identifier: true }] }),
    /identifier: applies only to/,
  ],
  ['a minimum of a string', withItem({ name: 'b', type: 'string', minimum: 1 }), /minimum: applies only to/],
  [
    'a decimal bound as a number',
    withItem({ name: 'b', type: 'decimal', maximum: 1.5 }),
    /not a value of type decimal/,
  ],
  [
    'an integer bound beyond 2^53',
    withItem({ name: 'b', type: 'integer', maximum: 2 ** 53 }),
    /not a value of type integer/,
  ],
  [
    'a minimum above the maximum',
    withItem({ name: 'b', type: 'decimal', minimum: '10', maximum: '9' }),
    /above maximum/,
  ],
  ['a pattern of a number', withItem({ name: 'b', type: 'integer', pattern: '1' }), /pattern: applies only to/],
  ['a code table of a date', withItem({ name: 'b', type: 'date', codeTable: ['x'] }), /codeTable: applies only to/],
  ['an empty code table', withItem({ name: 'b', type: 'code', codeTable: [] }), /codeTable: /],
  [
    'something that is no pattern',
    withItem({ name: 'b', type: 'string', pattern: '[' }),
    /is not a regular expression/,
  ],
  ['a pattern of exponential time', withItem({ name: 'b', type: 'string', pattern: '^(a+)+$' }), /linear time/],
  ['a pattern of quadratic time', withItem({ name: 'b', type: 'string', pattern: '\\d+-x' }), /linear time/],
];

for (const [what, document, problem] of REFUSED) {
  t.test(`an entry is refused with ${what}`, async (t) => t.match(await problemsOf(document), [problem]));
}

t.test('all problems of an entry are listed at once, and a slow pattern alone has its own code', async (t) => {
  const slow = { name: 'b', type: 'string', pattern: '(x*)*y' };
  const both = await validateEntryDocument({ ...withItem(slow), name: 7 }, { isTrial: true });
  t.throws(() => assertValidEntry('civil.birth', both), {
    code: 'ENTRY_INVALID',
    where: { problems: [/^name/, /^items\[1\].pattern/] },
  });
  const alone = await validateEntryDocument(withItem(slow), { isTrial: true });
  t.throws(() => assertValidEntry('civil.birth', alone), { code: 'PATTERN_NOT_LINEAR' });
});

const LAWFUL = entry({
  provider: 'civil',
  format: 'self_describing',
  updateFrequency: 'real_time',
  sharingModes: ['event_stream'],
  conditions: { range: 'health departments', purpose: 'care of newborns' },
  dataClass: 'A01',
  dataGrade: 'important',
  secrecyAssessment: { result: 'not_secret', by: 'service', at: '2026-01-01' },
  piAssessment: { number: 'PIA-1' },
  items: [{ name: 'idNumber', type: 'string', identifier: true, personal: 'personal', grade: 'important' }],
});

t.test('on a registered bus an entry with all lawful fields has no problem', async (t) => {
  t.same(await validateEntryDocument(LAWFUL, { isTrial: false }), { problems: [], patternProblems: [], warnings: [] });
});

const UNLAWFUL: [string, Record<string, unknown>, RegExp][] = [
  ['conditional data without purpose', { conditions: { range: 'all' } }, /^conditions: must state range and purpose/],
  ['conditions on unconditional data', { sharingAttribute: 'unconditional' }, /^conditions: must be empty/],
  ['a grade below that of an item', { dataGrade: 'general' }, /^dataGrade: is below/],
  ['core data', { dataGrade: 'core' }, /^dataGrade: core data/],
  ['an unknown sharing mode', { sharingModes: ['fax'] }, /^sharingModes: /],
  ['an assessment that says secret', { secrecyAssessment: { result: 'secret' } }, /^secrecyAssessment: /],
  ['personal data without assessment', { piAssessment: undefined }, /^piAssessment: /],
];

for (const [what, change, problem] of UNLAWFUL) {
  t.test(`an entry of a registered bus is refused with ${what}`, async (t) => {
    const { problems } = await validateEntryDocument({ ...LAWFUL, ...change }, { isTrial: false });
    t.match(problems, [problem]);
  });
}

t.test('an entry that is not shared needs a reason and a legal basis of sufficient rank', async (t) => {
  const notShared = { ...LAWFUL, sharingAttribute: 'not_shared', legalBasis: [{ rank: 'local_rule', title: 'x' }] };
  const { problems } = await validateEntryDocument(notShared, { isTrial: false });
  t.match(problems, [/^notSharedReason: is missing/, /^legalBasis: must give rank/]);
  const { warnings } = await validateEntryDocument(notShared, { isTrial: true });
  t.match(warnings, [/notSharedReason: is missing/], 'in trial mode it is a warning');
});
