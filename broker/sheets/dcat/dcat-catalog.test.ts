import fc from 'fast-check';
import t from 'tap';
import type { EntryDraft } from '../../../proto/entry/entry.js';
import { exportDatasets, importDatasets, MemoryDrafts } from '../../../tests/support/sheets/memory-drafts.js';
import { UnusableFileError } from '../reading/table.js';

const ITEMS = 'dcat:distribution / csvw:tableSchema / csvw:column';
const RIGHTS = 'http://publications.europa.eu/resource/authority/access-right/';
const json = (value: unknown): object => ({ '@type': '@json', '@value': value });
const column = (name: string, more: object = {}): object => ({ 'csvw:name': name, 'csvw:datatype': 'string', ...more });
const schema = (...columns: object[]): object => ({
  '@type': 'dcat:Distribution',
  'dct:format': 'database',
  'dcat:downloadURL': { '@id': 'http://civil.example/birth' },
  'csvw:tableSchema': { 'csvw:primaryKey': 'id', 'csvw:column': columns },
});
const dataset = (more: object = {}): object => ({
  '@type': 'dcat:Dataset',
  'dct:identifier': 'civil.birth',
  'dct:title': { '@value': '出生登记', '@language': 'zh-CN' },
  'dct:accessRights': { '@id': `${RIGHTS}PUBLIC` },
  'dct:accrualPeriodicity': { '@id': 'http://publications.europa.eu/resource/authority/frequency/DAILY' },
  'dcat:contactPoint': { 'vcard:fn': '办公室', 'vcard:hasTelephone': { '@id': 'tel:+86-591-1' } },
  'dcat:distribution': schema(column('id')),
  ...more,
});
const catalog = (...datasets: object[]): object => ({ '@type': 'dcat:Catalog', 'dcat:dataset': datasets });

const FULL: EntryDraft = {
  id: 'civil.birth',
  provider: 'civil',
  name: { zh: '出生登记', en: 'Births' },
  abstract: { zh: '全部出生', en: 'All births' },
  catalogLevel: 'department',
  resourceCode: '306001/1',
  category: '人口',
  format: ['database', 'document'],
  updateFrequency: 'real_time',
  sharingAttribute: 'conditional',
  sharingModes: ['event_stream', 'service_interface'],
  conditions: { range: '卫生部门', purpose: '新生儿保健', other: ['签订协议'] },
  notSharedReason: '曾不共享',
  dataClass: '人口',
  dataGrade: 'important',
  importantData: { exempt: 'statutory_duty' },
  secrecyAssessment: { result: 'not_secret', by: '陈', on: '2025-12-02', attachment: '3f0a' },
  correctionChannel: { contact: '办公室', phone: '0591-1 转 2' },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
  standards: [{ name: 'GB/T 1', version: '2020' }],
  relatedCodes: ['306001/2'],
  profile: { 所属系统: '民政', __proto__x: 1 },
  items: [
    {
      name: 'id',
      title: { zh: '身份证号', en: 'Id' },
      type: 'code',
      identifier: true,
      required: true,
      codeTable: ['1'],
    },
    {
      name: 'born',
      title: { zh: '出生时间' },
      type: 'datetime',
      grade: 'important',
      secret: false,
      profile: { a: '1' },
    },
    { name: 'Sex', type: 'string', required: false, personal: 'personal', legalBasis: [{ rank: 'law' }] },
  ],
};

t.test(
  'an exported catalog says every field of an entry to an empty catalog, and changes nothing of its own',
  async (t) => {
    const drafts = new MemoryDrafts();
    const others: EntryDraft[] = [
      {
        ...FULL,
        id: 'civil.kept',
        sharingAttribute: 'not_shared',
        notSharedReason: '法律规定',
        conditions: { purpose: '用' },
      },
      { id: 'civil.plain', name: 'Plain', provider: 'civil', format: 'database', dataGrade: 'general', abstract: 'x' },
    ];
    for (const entry of [FULL, ...others]) drafts.entries.set(entry.id, structuredClone(entry));
    const bytes = await exportDatasets(drafts);
    const same = await importDatasets(bytes, drafts);
    t.same(
      same.lines.filter(({ changed }) => changed !== false),
      [],
    );
    const empty = new MemoryDrafts();
    await importDatasets(bytes, empty);
    t.same(empty.entries.get('civil.birth'), { ...FULL, sharingModes: ['service_interface', 'event_stream'] });
    t.same(empty.entries.get('civil.kept')?.conditions, others[0]?.conditions);
    t.match(empty.entries.get('civil.plain'), { name: { zh: 'Plain' }, format: ['database'], abstract: { zh: 'x' } });
  },
);

t.test('any entry that is exported comes back as it is', async (t) => {
  const text = fc
    .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
    .filter((one) => one.trim() === one && one !== '');
  const title = fc.oneof(fc.record({ zh: text }), fc.record({ zh: text, en: text }));
  const word = <T>(...words: T[]) => fc.option(fc.constantFrom(...words), { nil: undefined });
  const entry = fc.record({
    id: fc.constantFrom('civil.a', 'civil.b'),
    name: title,
    provider: fc.constant('civil'),
    abstract: fc.option(title, { nil: undefined }),
    category: fc.option(text, { nil: undefined }),
    sharingAttribute: word('conditional', 'not_shared'),
    updateFrequency: word('real_time', 'half_yearly', 'none', 'other'),
    conditions: fc.option(fc.record({ range: text, purpose: text }), { nil: undefined }),
    notSharedReason: fc.option(text, { nil: undefined }),
    correctionChannel: fc.option(fc.record({ contact: text }), { nil: undefined }),
    relatedCodes: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    profile: fc.option(fc.dictionary(text, text, { minKeys: 1, maxKeys: 2 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(entry, async (one) => {
      const drafts = new MemoryDrafts();
      const { lines } = await importDatasets(catalog({ ...dataset(), 'dct:identifier': one.id }), drafts);
      t.equal(lines[0]?.result, 'draft');
      const given = JSON.parse(JSON.stringify({ ...drafts.entries.get(one.id), ...one })) as EntryDraft;
      drafts.entries.set(one.id, given);
      const again = await importDatasets(await exportDatasets(drafts), drafts);
      t.ok(again.lines.every(({ changed }) => changed === false));
    }),
    { numRuns: 60 },
  );
});

t.test(
  'a dataset becomes a draft, also as an array, in a graph, with full addresses or without a fixed prefix',
  async (t) => {
    const full = JSON.stringify(dataset())
      .replaceAll('"dct:', '"http://purl.org/dc/terms/')
      .replaceAll('"dcat:', '"http://www.w3.org/ns/dcat#')
      .replaceAll('"csvw:', '"http://www.w3.org/ns/csvw#')
      .replaceAll('"vcard:', '"http://www.w3.org/2006/vcard/ns#');
    const { 'dcat:distribution': distribution, ...bare } = dataset({ '@id': 'urn:d' }) as Record<string, object>;
    const files: Record<string, unknown> = {
      catalog: { '@context': 'https://nowhere.invalid/context', ...catalog(dataset()) },
      array: [dataset()],
      'one dataset': dataset(),
      addresses: `[${full}]`,
      dcterms: JSON.stringify([dataset()]).replaceAll('"dct:', '"dcterms:'),
      'graph with embedded nodes': { '@graph': [catalog(dataset())] },
      'graph with nodes referred to': {
        '@context': { 'dcat:distribution': { '@type': '@id' }, dcterms: 'http://purl.org/dc/terms/' },
        '@graph': [
          { ...bare, 'dcat:distribution': 'urn:x' },
          { '@id': 'urn:x', ...distribution },
          { '@id': 'urn:c', ...catalog({ '@id': 'urn:d' }) },
        ],
      },
    };
    for (const [form, file] of Object.entries(files)) {
      const drafts = new MemoryDrafts();
      const { lines, total } = await importDatasets(file, drafts);
      t.same(lines, [{ result: 'draft', entry: 'civil.birth', row: 1, lastRow: 1, changed: true }], form);
      t.same(total, { total: 1, drafts: 1, missing: 0, refused: 0, problems: 0 }, form);
      t.match(
        drafts.entries.get('civil.birth'),
        {
          name: { zh: '出生登记' },
          sharingAttribute: 'unconditional',
          updateFrequency: 'daily',
          format: ['database'],
          sharingModes: ['file_download'],
          correctionChannel: { contact: '办公室', phone: '+86-591-1' },
          items: [{ name: 'id', type: 'string', identifier: true }],
        },
        form,
      );
    }
  },
);

t.test('a word that is outside the map is missing, and every lacking property has its line', async (t) => {
  const { lines } = await importDatasets([
    dataset({
      'dct:accrualPeriodicity': { '@id': 'http://x/frequency/BIWEEKLY' },
      'dcat:distribution': [schema(), { 'dct:format': { '@id': 'http://x/file-type/CSV' } }],
      'sluice:catalogLevel': null,
      'dct:accessRights': 'RESTRICTED',
      'sluice:conditions': json({ other: ['a'] }),
    }),
  ]);
  t.match(
    lines.map(({ column, field, code, article }) => [column, field, code, article].join(' ')),
    [
      'sluice:catalogLevel catalogLevel INCOMPLETE R12',
      `${ITEMS} items INCOMPLETE R13`,
      'dcat:distribution / dct:format format INCOMPLETE R13',
      'dct:accrualPeriodicity updateFrequency INCOMPLETE R13',
      'dct:rights conditions.range INCOMPLETE R13',
      'sluice:conditions conditions.purpose INCOMPLETE R13',
    ],
  );
  t.match(lines[3], { result: 'missing', entry: 'civil.birth', row: 1, changed: true, text: /BIWEEKLY/ });
});

t.test('secret items and core data are refused, and the other datasets are laid down', async (t) => {
  const drafts = new MemoryDrafts();
  const items = schema(column('id', { 'sluice:secret': true }), column('b', { 'sluice:grade': json('core') }));
  const { lines, total } = await importDatasets(
    catalog(dataset({ 'dcat:distribution': items }), dataset({ 'dct:identifier': 'civil.other' })),
    drafts,
  );
  const at = { entry: 'civil.birth', row: 1, column: ITEMS };
  t.match(lines, [
    { result: 'refused', ...at, field: 'secret', code: 'SECRET_ITEM', article: 'R3' },
    { result: 'refused', ...at, field: 'grade', code: 'CORE_DATA', article: 'R34' },
    { result: 'draft', entry: 'civil.other', row: 2 },
  ]);
  t.same(total, { total: 2, drafts: 1, missing: 0, refused: 1, problems: 0 });
  t.same([...drafts.entries.keys()], ['civil.other']);
});

const PROBLEMS: [string, object[], object[]][] = [
  ['no identifier', [dataset({ 'dct:identifier': '' })], [{ row: 1, column: 'dct:identifier', entry: undefined }]],
  ['an identifier that is no id', [dataset({ 'dct:identifier': 'http://x/1' })], [{ column: 'dct:identifier' }]],
  ['another party', [dataset({ 'dct:identifier': 'tax.birth' })], [{ entry: 'tax.birth', column: 'dct:identifier' }]],
  ['an identifier again', [dataset(), dataset()], [{ result: 'draft' }, { row: 2, entry: undefined }]],
  ['no title', [dataset({ 'dct:title': { '@value': 'Geburten', '@language': 'de' } })], [{ column: 'dct:title' }]],
  [
    'another publisher',
    [dataset({ 'dct:publisher': { 'dct:identifier': 'tax' } })],
    [{ column: 'dct:publisher / dct:identifier', field: 'provider' }],
  ],
  ['a condition of public data', [dataset({ 'dct:rights': '卫生部门' })], [{ column: 'dct:rights' }]],
  [
    'a second key, an unknown type, no type and a name again',
    [
      dataset({
        'dcat:distribution': {
          'dct:format': 'database',
          'dcat:accessService': { '@id': 'http://x' },
          'csvw:tableSchema': {
            'csvw:primaryKey': ['id', 'b'],
            'csvw:column': [
              column('id'),
              column('id'),
              column('b', { 'csvw:datatype': 'gYear' }),
              { 'csvw:name': 'c' },
            ],
          },
        },
      }),
    ],
    [{ field: 'name' }, { field: 'identifier' }, { field: 'type', text: /gYear/ }, { field: 'type' }],
  ],
];

t.test('fields that are called like members of every object are kept like others', async (t) => {
  const drafts = new MemoryDrafts();
  const own = { 'sluice:constructor': json({ a: 1 }), 'sluice:toString': json('x'), 'sluice:valueOf': json(null) };
  await importDatasets(catalog(dataset(own)), drafts);
  const kept = drafts.entries.get('civil.birth');
  t.match(kept, { constructor: { a: 1 }, toString: 'x' });
  t.notOk(Object.hasOwn(kept ?? {}, 'valueOf'));
  const { lines } = await importDatasets(await exportDatasets(drafts), drafts);
  t.match(lines, [{ changed: false }]);
});

t.test('problems of a dataset', async (t) => {
  for (const [what, datasets, expected] of PROBLEMS) {
    const drafts = new MemoryDrafts();
    const { lines } = await importDatasets(catalog(...datasets), drafts);
    t.match(
      lines,
      expected.map((one) => ({ result: 'problem', ...one })),
      what,
    );
    t.equal(lines.length, expected.length, what);
    t.ok(drafts.entries.size < 2, what);
  }
});

t.test('what a dataset does not state stays, and what it states as empty goes', async (t) => {
  const drafts = new MemoryDrafts();
  drafts.entries.set('civil.birth', structuredClone(FULL));
  await importDatasets(
    [
      {
        '@type': 'dcat:Dataset',
        'dct:identifier': 'civil.birth',
        'dct:title': { '@value': '出生', '@language': 'zh' },
        'dct:relation': [],
        'sluice:conditions': json({ purpose: '保健' }),
        'dcat:distribution': { 'csvw:tableSchema': { 'csvw:column': [{ 'csvw:titles': '身份证号' }, column('Sex')] } },
      },
    ],
    drafts,
  );
  const { relatedCodes: _gone, ...rest } = FULL;
  t.same(drafts.entries.get('civil.birth'), {
    ...rest,
    name: { zh: '出生' },
    conditions: { range: '卫生部门', purpose: '保健' },
    items: [{ ...FULL.items?.[0], title: { zh: '身份证号' } }, FULL.items?.[2]],
  });
});

t.test('a file that is no catalog is unusable', async (t) => {
  const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
  const unusable: unknown[] = [
    '{',
    '{}',
    '"x"',
    '[1]',
    Buffer.from([0x22, 0xff, 0x22]),
    deep,
    { '@type': 'foaf:Agent' },
    catalog({ ...dataset(), 'dct:description': 'half a pair: \ud83d' }),
    JSON.stringify(catalog(dataset())).replace('{', '{"@type":"dcat:Catalog",'),
  ];
  const otherPrefix = [{ dct: 'http://x/' }, { dcterms: 'http://purl.org/dc/elements/1.1/' }, ['x', { csvw: null }]];
  for (const context of otherPrefix) unusable.push({ '@context': context, ...catalog(dataset()) });
  unusable.push(catalog({ ...dataset(), '@context': { sluice: 'urn:other#' } }));
  for (const file of unusable)
    await t.rejects(importDatasets(file), UnusableFileError, JSON.stringify(file)?.slice(0, 80));
  t.match((await importDatasets([])).total, { total: 0 });
});

t.test('a file has at most 100,000 items, and nothing of a longer one is laid down', async (t) => {
  const names = Array.from({ length: 100_000 }, () => ({}));
  const drafts = new MemoryDrafts();
  const large = dataset({ 'dct:identifier': 'civil.large', 'dcat:distribution': schema(...names) });
  const { lines, total } = await importDatasets(catalog(dataset(), large), drafts);
  t.match(lines, [{ result: 'problem', row: 2, text: /100,000/ }]);
  t.same(total, { total: 0, drafts: 0, missing: 0, refused: 0, problems: 1 });
  t.equal(drafts.entries.size, 0);
});
