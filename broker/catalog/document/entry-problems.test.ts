import t from 'tap';
import type { EntryDocument, Item, LegalBasis } from '../../../proto/entry/entry.js';
import { missingForApproval } from './approval.js';
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

t.test('of thousands of unknown fields a hundred are named, and the others counted', async (t) => {
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`unknown${i}`, i]));
  const { warnings } = await validateEntryDocument({ ...LAWFUL, ...unknown }, { isTrial: true });
  t.equal(warnings.length, 101);
  t.equal(warnings.at(-1), 'document: 4900 further fields are not known');
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
  catalogLevel: 'department',
  provider: 'civil',
  format: 'self_describing',
  updateFrequency: 'real_time',
  sharingModes: ['event_stream'],
  conditions: { range: 'health departments', purpose: 'care of newborns' },
  dataClass: 'A01',
  dataGrade: 'important',
  secrecyAssessment: { result: 'not_secret', by: 'service', on: '2026-01-01', attachment: '3f0a' },
  piAssessment: { number: 'PIA-1', by: 'service', on: '2026-01-01', attachment: '77be' },
  importantData: { exempt: 'statutory_duty' },
  correctionChannel: { contact: 'work body' },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
  items: [{ name: 'idNumber', type: 'string', identifier: true, personal: 'personal', grade: 'important' }],
});

t.test('on a registered bus an entry with all lawful fields has no problem', async (t) => {
  const clean = { problems: [], patternProblems: [], refused: [], warnings: [] };
  t.same(await validateEntryDocument(LAWFUL, { isTrial: false }), clean);
  t.same(missingForApproval(LAWFUL), []);
});

t.test('on a registered bus a draft may lack all but id, name and of each item name and type', async (t) => {
  const bare = { id: 'civil.birth', name: '出生登记', items: [{ name: 'a', type: 'string' }] };
  for (const draft of [bare, { id: 'civil.birth', name: 'x' }, { ...bare, items: [] }]) {
    const { problems, warnings } = await validateEntryDocument(draft, { isTrial: false });
    t.same(problems, []);
    t.ok(warnings.includes('the approval needs catalogLevel: is missing'));
    t.ok(warnings.some((warning) => warning.startsWith('the approval needs items: must have')));
  }
  const { problems } = await validateEntryDocument({ id: 'civil.birth', items: [{ name: 'a' }] }, { isTrial: false });
  t.match(problems, [/^name: is missing/, /^items\[0\].type: is missing/]);
});

const item = (change: object) => ({ items: [{ name: 'idNumber', type: 'string', identifier: true, ...change }] });
const UNLAWFUL: [string, Record<string, unknown>, RegExp, string?][] = [
  ['conditions on unconditional data', { sharingAttribute: 'unconditional' }, /^conditions: must be empty/],
  ['a grade below that of an item', { dataGrade: 'general' }, /^dataGrade: is below/],
  ['an unknown sharing mode', { sharingModes: ['fax'] }, /^sharingModes: /],
  ['an unknown level', { catalogLevel: 'county' }, /^catalogLevel: /],
  ['a resource code of another form', { resourceCode: '9/1' }, /^resourceCode: /],
  ['a title of more than 200 characters', { name: { zh: '名'.repeat(201) } }, /^name: must have at most 200/],
  ['an assessment on no day', { piAssessment: { on: '2026-02-30' } }, /^piAssessment.on: must be a date/],
  ['a standard without version', { standards: [{ name: 'GB/T 1' }] }, /^standards\[0\].version: is missing/, 'R6'],
  ['a promise above the statute', { promisedDays: { D4: 11 } }, /^promisedDays.D4: .* 0 to 10/, 'R23'],
  ['a basis of no known rank', { legalBasis: [{ rank: 'custom' }] }, /^legalBasis\[0\].rank: /],
  ['a backflow item that is not filterable', { backflowItem: 'idNumber' }, /^backflowItem: .* filterable/],
  ['an item that is looser than its entry', item({ sharingAttribute: 'unconditional' }), /not be looser/],
  ['a long item code', item({ itemCode: 'x'.repeat(65) }), /^items\[0\].itemCode: /],
];

for (const [what, change, problem, article = 'R13'] of UNLAWFUL) {
  t.test(`a draft of a registered bus is refused with ${what}`, async (t) => {
    const verdict = await validateEntryDocument({ ...LAWFUL, ...change }, { isTrial: false });
    t.match(verdict.problems, [problem]);
    t.throws(() => assertValidEntry('civil.birth', verdict), { code: 'ENTRY_INVALID', where: { article } });
    const { problems } = await validateEntryDocument({ ...LAWFUL, ...change }, { isTrial: true });
    if (!what.includes('item code')) t.same(problems, [], 'a trial bus warns');
  });
}

const REFUSED_DATA: [string, Record<string, unknown>, string, string][] = [
  ['an item marked secret', item({ secret: true }), 'SECRET_ITEM', 'R3'],
  ['an item marked secret in a word', item({ secret: '涉密' }), 'SECRET_ITEM', 'R3'],
  ['an assessment that says secret', { secrecyAssessment: { result: 'secret' } }, 'SECRET_ITEM', 'R3'],
  ['an item of core data', { ...item({ grade: 'core' }), dataGrade: undefined }, 'CORE_DATA', 'R34'],
  ['core data', { dataGrade: 'core' }, 'CORE_DATA', 'R34'],
];

for (const [what, change, code, article] of REFUSED_DATA) {
  t.test(`a draft of a registered bus is refused with ${what}, under a code of its own`, async (t) => {
    const verdict = await validateEntryDocument({ ...LAWFUL, ...change }, { isTrial: false });
    t.throws(() => assertValidEntry('civil.birth', verdict), { code, where: { article } });
  });
}

t.test('an item that says that it is not secret is taken', async (t) => {
  t.same((await validateEntryDocument({ ...LAWFUL, ...item({ secret: false }) }, { isTrial: false })).refused, []);
});

const INCOMPLETE: [string, Record<string, unknown>, string, string][] = [
  ['its level', { catalogLevel: undefined }, '/catalogLevel', 'R12'],
  ['its items', { items: undefined }, '/items', 'R13'],
  ['its identifier', { items: [{ name: 'a', type: 'string' }] }, '/items', 'R13'],
  ['the purpose of its conditions', { conditions: { range: 'all' } }, '/conditions/purpose', 'R13'],
  ['its conditions', { conditions: undefined }, '/conditions', 'R13'],
  [
    'a signature of its assessment',
    { secrecyAssessment: { result: 'not_secret', on: '2026-01-01', attachment: 'x' } },
    '/secrecyAssessment/by',
    'R13',
  ],
  ['the assessment of personal data', { piAssessment: undefined }, '/piAssessment', 'R13'],
  ['the assessment of important data', { importantData: undefined }, '/importantData', 'R13'],
  ['a channel for corrections', { correctionChannel: {} }, '/correctionChannel', 'R13'],
];

for (const [what, change, path, article] of INCOMPLETE) {
  t.test(`an entry cannot be approved without ${what}`, async (t) => {
    t.match(missingForApproval({ ...LAWFUL, ...change }), [{ path, article, code: 'INCOMPLETE' }]);
    t.equal(missingForApproval({ ...LAWFUL, ...change }).length, 1);
  });
}

t.test('an entry that is not shared needs a reason and a legal basis of sufficient rank', async (t) => {
  const basis = [{ rank: 'local_rule', title: 'x', article: '1' }];
  const notShared = { ...LAWFUL, sharingAttribute: 'not_shared' as const, legalBasis: basis as LegalBasis[] };
  t.match(missingForApproval(notShared), [
    { path: '/notSharedReason', code: 'INCOMPLETE' },
    { path: '/legalBasis/0/rank', code: 'RANK_TOO_LOW', article: 'R14' },
  ]);
  const { problems, warnings } = await validateEntryDocument(notShared, { isTrial: false });
  t.same(problems, [], 'the draft is taken');
  t.match(warnings, [/notSharedReason/, /legalBasis\[0\].rank: exempts nothing/]);
  const item = { ...(LAWFUL.items[0] as Item), sharingAttribute: 'not_shared' as const };
  t.match(missingForApproval({ ...LAWFUL, items: [item] }), [
    { path: '/items/0/notSharedReason' },
    { path: '/items/0/legalBasis' },
  ]);
});

t.test('texts of an item are as long as those of an entry at most, on a registered bus', async (t) => {
  const texts: [Partial<Item>, string][] = [
    [{ title: { zh: 'x'.repeat(201) } }, 'title: must have at most 200 characters'],
    [{ description: 'x'.repeat(2_001) }, 'description: must have at most 2000 characters'],
    [{ codeTable: { a: { en: 'x'.repeat(201) } } }, 'codeTable: must have at most 200 characters'],
  ];
  for (const [change, what] of texts) {
    const entry = { ...LAWFUL, items: [{ ...(LAWFUL.items[0] as Item), ...change }] };
    t.strictSame((await validateEntryDocument(entry, { isTrial: false })).problems, [`items[0].${what}`]);
    t.strictSame((await validateEntryDocument(entry, { isTrial: true })).problems, [], 'a trial bus takes them');
  }
});

t.test('a document with items that are none lists what else is wrong with it', async (t) => {
  const entry = { ...LAWFUL, items: ['a', { name: 'a' }], updateFrequency: 'often', promisedDays: { D3: 2 } };
  const { problems, article } = await validateEntryDocument(entry, { isTrial: false });
  const paths = problems.map((one) => one.slice(0, one.indexOf(':')));
  for (const path of ['items[1].type', 'updateFrequency', 'promisedDays.D3']) t.ok(paths.includes(path), path);
  t.equal(new Set(paths).size, paths.length, 'each field once');
  t.equal(article, 'R13');
});
