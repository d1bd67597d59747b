import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import t, { type Test } from 'tap';
import { act, clock, office, party, state } from '../../../tests/support/broker/projected-ledger.js';
import { projectionRows } from '../../../tests/support/broker/projection-rows.js';
import type { Act } from '../../ledger/record.js';
import type { FileState } from '../files/file.js';
import type { UrgentPosition } from '../files/file-reader.js';

t.test('a file is read as its newest record states it, in the state that the named record made', async (t) => {
  const { ledger, open } = await office(t);
  const { files } = open(t);
  const made = state({ memo: { preparedBy: 'rui' } });
  const [record] = await ledger.appendAll(() => [act('ap-1', { state: made }, { document: { purpose: 'x' } })]);
  t.strictSame(await files.get({ kind: 'applications', id: 'ap-1' }, record?.seq), {
    kind: 'applications',
    id: 'ap-1',
    ...made,
    seq: 1,
    document: { purpose: 'x' },
  });
  for (let i = 0; i < 50; i++) {
    const [next] = await ledger.appendAll(() => [act('ap-1', { from: 'filed', state: state({ state: `s${i}` }) })]);
    t.match(await files.get({ kind: 'applications', id: 'ap-1' }, next?.seq), { state: `s${i}`, seq: i + 2 });
  }
  t.match(await files.history({ kind: 'applications', id: 'ap-1' }), [
    { seq: 1, act: 'file', actor: 'officer:wu', role: 'applicant', to: 'filed', attachments: [], time: /\+08:00$/ },
    { seq: 2, from: 'filed', to: 's0' },
  ]);
  t.same(await files.getMany([{ kind: 'applications', id: 'ap-2' }]), [undefined]);
});

t.test('lists keep files by side, state, entry, what they are about, and due date, page by page', async (t) => {
  const { ledger, open } = await office(t);
  const { files } = open(t);
  await ledger.appendAll(() =>
    Array.from({ length: 25 }, (_, i) =>
      act(`ap-${i}`, {
        state: state({
          state: i % 2 ? 'filed' : 'draft',
          sides: { own: i < 10 ? 'd' : 't', provider: 'p' },
          about: [`catalog/p.e${i % 5}`],
          clocks: [clock('D4', `2026-03-${10 + i}`, i === 3 ? 'paused' : 'running')],
        }),
      }),
    ),
  );
  const ids = async (query: object) =>
    (await files.list({ kind: 'applications', limit: 100, ...query })).files.map(({ id }) => Number(id.slice(3)));
  t.same(await ids({ sides: ['d'] }), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.same(
    await ids({ sides: ['d', 'p', 't'] }),
    Array.from({ length: 25 }, (_, i) => i),
  );
  t.same(await ids({ sides: ['d'], states: ['filed'] }), [1, 3, 5, 7, 9]);
  t.same(await ids({ entry: 'p.e1' }), [1, 6, 11, 16, 21]);
  t.same(await ids({ about: 'p.e1', sides: ['t', 'd'] }), [1, 6, 11, 16, 21]);
  t.same(await ids({ about: 'catalog/p.e1', states: ['filed'], sides: ['t'] }), [11, 21]);
  t.same(await ids({ dueBefore: '2026-03-15' }), [0, 1, 2, 4], 'and not the paused one');
  t.same(await ids({ sides: ['nobody'] }), []);
  const first = await files.list({ kind: 'applications', sides: ['d'], limit: 4 });
  t.equal(first.next, first.firstSeqs[3]);
  const last = await files.list({ kind: 'applications', sides: ['d'], limit: 6, after: first.next as number });
  t.same([last.files.length, last.next], [6, undefined]);
});

t.test('a page ends before its files have more bytes than were asked for, and the next one goes on', async (t) => {
  const { ledger, open } = await office(t);
  const { files } = open(t);
  await ledger.appendAll(() =>
    Array.from({ length: 9 }, (_, i) => act(`ap-${i}`, { state: state() }, { document: { text: 'x'.repeat(10_000) } })),
  );
  const pages: string[][] = [];
  for (let after = 0; ; ) {
    const page = await files.list({ kind: 'applications', limit: 7, bytesMax: 45_000, after });
    pages.push(page.files.map(({ id }) => id));
    if (page.next === undefined) break;
    after = page.next;
  }
  t.same(pages.map(String), ['ap-0,ap-1,ap-2,ap-3', 'ap-4,ap-5,ap-6,ap-7', 'ap-8']);
  t.equal((await files.list({ kind: 'applications', limit: 7, bytesMax: 1 })).files.length, 1, 'one in any case');
});

t.test('what falls due comes earliest first: running clocks and ends of periods', async (t) => {
  const { ledger, open } = await office(t);
  const { files } = open(t);
  await ledger.appendAll(() => [
    act('late', { state: state({ clocks: [clock('D4', '2026-03-01', 'late'), clock('R23.D4', '2026-02-20')] }) }),
    act('paused', { state: state({ clocks: [clock('D4', '2026-02-01', 'paused')] }) }),
    act('ends', {
      state: state({ memo: { endsAt: '2026-02-10T00:00:00+08:00' }, clocks: [clock('D6', '2026-03-30')] }),
    }),
  ]);
  const before = (text: string) => files.due(Date.parse(text), 10);
  t.same(await before('2026-02-09T00:00:00+08:00'), []);
  t.same(await before('2026-03-01T00:00:00+08:00'), [
    { kind: 'applications', id: 'ends', atMs: Date.parse('2026-02-10T00:00:00+08:00') },
    { kind: 'applications', id: 'late', atMs: Date.parse('2026-02-20T16:00:00Z') },
  ]);
  const { clocks } = await files.clocks({ year: 2026, limit: 10 });
  t.same(
    clocks.map(({ file, clock: { id } }) => [file.id, id]),
    [
      ['late', 'R23.D4'],
      ['paused', 'D4'],
      ['ends', 'D6'],
    ],
    'of a calendar: all but late ones',
  );
  t.same(await files.clocks({ year: 2027, limit: 10 }), { clocks: [] });
});

t.test('urgent files of all kinds come in one order, by party, state and lateness, page by page', async (t) => {
  const { ledger, open } = await office(t);
  const { files } = open(t);
  const made = (i: number): Act => {
    const [kind, prefix] = i % 3 === 0 ? (['grant', 'gr'] as const) : (['application', 'ap'] as const);
    const clocks = i % 5 === 4 ? [clock('D4', '2026-03-01', 'met')] : [clock('D4', `2026-03-${10 + ((i * 7) % 20)}`)];
    const sides = { own: `d${i % 4}`, demand: `d${i % 4}`, provider: 'p' };
    return act(`${prefix}-${i}`, { state: state({ state: i % 2 ? 'filed' : 'draft', sides, clocks }) }, { kind });
  };
  await ledger.appendAll(() => Array.from({ length: 40 }, (_, i) => made(i)));
  // Another state and another clock take the place of the first ones.
  await ledger.appendAll(() => [
    act('ap-1', { state: state({ state: 'refused', sides: { own: 'd1' }, clocks: [] }) }),
    act('ap-2', { state: state({ state: 'filed', sides: { own: 'd2' }, clocks: [clock('D4', '2026-02-01')] }) }),
  ]);
  const [, , , , , five] = Array.from({ length: 6 }, (_, i) => made(i).step as { state: FileState });
  await ledger.appendAll(() => [act('ap-5', { state: { ...(five?.state as FileState), state: 'draft' } })]);
  const all = ['applications', 'grants'] as const;
  const ids = async (hasOpenClock: boolean, limit: number, narrowed: object = {}, more: object = {}) => {
    const found: string[] = [];
    for (let after: UrgentPosition | undefined; ; ) {
      const kinds = all.map((kind) => ({ kind, ...narrowed }));
      const page = await files.urgent({ kinds, hasOpenClock, limit, ...more, ...(after && { after }) });
      found.push(...page.files.map(({ id }) => id));
      if (!page.next) return found;
      after = page.next;
    }
  };
  const dueOf = (id: string): number => (id === 'ap-2' ? -1 : (Number(id.slice(3)) * 7) % 20);
  const byClock = await ids(true, 100);
  t.equal(byClock[0], 'ap-2');
  t.equal(byClock.length, 31);
  t.same(
    byClock.map(dueOf),
    byClock.map(dueOf).sort((a, b) => a - b),
  );
  t.same(await ids(true, 7), byClock, 'in pages');
  t.same(await ids(true, 7, { sides: ['p', 'd1', 'd2'] }), byClock, 'each file once, whatever its sides');
  const parties = Array.from({ length: 60 }, (_, i) => `d${i}`);
  t.same(await ids(true, 7, { sides: parties }), byClock, 'of many parties');
  const own = byClock.filter((id) => Number(id.slice(3)) % 4 === 2);
  t.same(await ids(true, 7, { sides: ['d2'] }), own);
  t.same(
    await ids(true, 3, { sides: ['d2'], states: ['filed'] }),
    ['ap-2'],
    'of that party only even ones, drafts but for one',
  );
  t.same(await ids(true, 3, { sides: ['d1'], states: ['draft'] }), ['ap-5'], 'a state that changed alone');
  t.same(
    await ids(true, 100, {}, { lateByMs: Date.parse('2026-03-10T16:00:00Z') }),
    byClock.filter((id) => dueOf(id) <= 0),
  );
  const without = ['ap-1', 'ap-4', 'ap-14', 'ap-19', 'ap-29', 'ap-34', 'gr-9', 'gr-24', 'gr-39'];
  const states = ['draft', 'filed', 'refused'];
  for (const limit of [2, 100])
    for (const sides of [undefined, ['p', 'd1'], parties]) {
      t.same(
        await ids(false, limit, { states, ...(sides && { sides }) }),
        without,
        `${limit} of ${sides?.length} parties`,
      );
    }
  t.same(await ids(false, 2, { states: ['refused'], sides: ['d1'] }), ['ap-1']);
  t.same(
    await files.lastRecords('applications', ['ap-1', 'ap-4', 'ap-x']),
    new Map([
      ['ap-1', 41],
      ['ap-4', 5],
    ]),
  );
});

t.test(
  'notices go to each party once, those to everybody to parties that were registered, and are read once',
  async (t) => {
    const { ledger, open } = await office(t);
    const { files } = open(t);
    const [, , filed] = await ledger.appendAll(() => [
      party('p'),
      party('d'),
      act('ap-1', {
        state: state(),
        notices: [
          { kind: 'file', to: ['p', 'cd'], article: 'R20' },
          { kind: 'publish', to: 'all', about: { kind: 'catalog', id: 'p.birth' } },
          { kind: 'alarm', to: ['p'], details: { alarm: 'hour' } },
        ],
      }),
      party('late'),
    ]);
    const list = async (of: string, more: object = {}) =>
      (await files.notices({ party: of, limit: 10, ...more })).notices;
    t.match(await list('p'), [
      {
        id: 'no-000000000003-1',
        to: 'p',
        kind: 'file',
        about: { kind: 'applications', id: 'ap-1' },
        article: 'R20',
        readAt: null,
      },
      { id: 'no-000000000003-3', to: 'p', kind: 'publish', about: { kind: 'catalog', id: 'p.birth' } },
      { id: 'no-000000000003-4', alarm: 'hour' },
    ]);
    t.equal((await list('d')).length, 1);
    t.same(await list('late'), [], 'registered later');
    t.equal(await files.notice('no-000000000003-3', 'late'), undefined);
    t.equal(await files.notice('no-000000000003-1', 'd'), undefined);
    t.equal(filed?.seq, 3);
    const reading = (officer: string): Act => ({
      kind: 'notice',
      id: 'no-000000000003-3',
      act: 'read',
      actor: `officer:${officer}`,
      document: { party: 'p' },
    });
    await ledger.appendAll(() => [reading('lin'), reading('rui')]);
    t.match(await files.notice('no-000000000003-3', 'p'), { readBy: 'officer:lin', readAt: /\+08:00$/ });
    t.match(await files.notice('no-000000000003-3', 'd'), { readAt: null });
    t.same(
      (await list('p', { unread: true })).map(({ id }) => id),
      ['no-000000000003-1', 'no-000000000003-4'],
    );
    const page = await files.notices({ party: 'p', limit: 2 });
    t.equal(page.next, 'no-000000000003-3');
    t.same(
      (await list('p', { after: page.next })).map(({ id }) => id),
      ['no-000000000003-4'],
    );
  },
);

t.test('attachments and kept answers are found, answers for 30 days', async (t) => {
  let nowMs = Date.now();
  const { ledger, open } = await office(t, () => nowMs);
  const { files } = open(t);
  const sha256 = 'a'.repeat(64);
  const document = { party: 'p', size: 5, type: 'text/plain' };
  await ledger.appendAll(() => [
    { kind: 'attachment', id: sha256, act: 'store', actor: 'officer:wu', document },
    act('ap-1', { state: state(), attachments: [sha256] }, { kept: { key: 'k', request: 'r', answer: 'sealed' } }),
  ]);
  t.same(await files.attachment(sha256), {
    sha256,
    size: 5,
    type: 'text/plain',
    parties: ['p'],
    files: [{ kind: 'applications', id: 'ap-1' }],
  });
  t.same(await files.keptAnswer('k'), { request: 'r', answer: 'sealed' });
  nowMs += 30 * 86_400_000 + 60_000;
  t.equal(await files.keptAnswer('k'), undefined);
});

const anyActs = (count: number): Act[] =>
  Array.from({ length: count }, (_, i) => {
    const id = `ap-${i % 40}`;
    const clocks = i % 3 ? [clock('D4', `2026-0${1 + (i % 8)}-10`)] : [];
    const made = state({ state: `s${i % 4}`, sides: { own: `d${i % 7}` }, about: [`grants/g${i % 5}`], clocks });
    const notices = [{ kind: 'x', to: i % 2 ? ([`d${i % 3}`] as string[]) : ('all' as const) }];
    return act(id, { state: i % 17 === 5 ? { ...made, state: 'removed' } : made, notices });
  });

t.test('the file goes on where it was, and says the same as a fresh one', async (t) => {
  const { ledger, folder, open } = await office(t);
  const first = open(t);
  await ledger.appendAll(() => anyActs(300));
  await first.projection.untilCaughtUp();
  await first.projection.close();
  await ledger.appendAll(() => anyActs(2_500));
  const second = open(t);
  await ledger.appendAll(() => anyActs(700));
  await second.projection.untilCaughtUp();
  await second.projection.close();
  const resumed = projectionRows(folder);
  rmSync(folder, { recursive: true });
  const fresh = open(t);
  await fresh.projection.untilCaughtUp();
  await fresh.projection.close();
  t.strictSame(projectionRows(folder), resumed);
  t.ok((resumed.history as unknown[]).length > 300);
});

t.test('a file that is damaged, cut off, or of another ledger is made anew', async (t) => {
  const { ledger, folder, open } = await office(t);
  const reopened = async (t: Test): Promise<void> => {
    const { projection, files } = open(t);
    await projection.untilCaughtUp();
    t.equal((await files.list({ kind: 'applications', limit: 1 })).files.length, 1);
    await projection.close();
  };
  await ledger.appendAll(() => anyActs(400));
  await t.test('first', reopened);
  const path = join(folder, 'files-1.db');
  const expected = projectionRows(folder);
  await t.test('no database at all', async (t) => {
    writeFileSync(path, randomBytes(50_000));
    await reopened(t);
  });
  await t.test('zeros in its middle', async (t) => {
    const size = statSync(path).size;
    const db = new Database(path);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    writeFileSync(path, Buffer.concat([Buffer.alloc(8192, 1), Buffer.alloc(size - 8192)]));
    await reopened(t);
  });
  await t.test('another ledger', async (t) => {
    const db = new Database(path);
    db.exec(`UPDATE progress SET hash = 'of another', head = 17`);
    db.close();
    await reopened(t);
  });
  t.strictSame(projectionRows(folder), expected);
});

t.test('the log of the database stays short while acts come a few at a time', async (t) => {
  const { ledger, folder, open } = await office(t);
  const { projection } = open(t);
  const document = { purpose: 'x'.repeat(40_000) };
  for (let i = 0; i < 30; i++) {
    const acts = Array.from({ length: 10 }, (_, j) => act(`ap-${i}-${j}`, { state: state() }, { document }));
    await ledger.appendAll(() => acts);
    await projection.untilCaughtUp();
  }
  const { size } = statSync(join(folder, 'files-1.db-wal'));
  t.ok(size < 6 * 1024 * 1024, `twelve megabytes of documents leave ${size} bytes to be copied at once`);
});

t.test('each process has a file of its own', async (t) => {
  const { ledger, folder, open } = await office(t);
  await ledger.appendAll(() => anyActs(10));
  const [one, two] = [open(t), open(t)];
  await Promise.all([one.projection.untilCaughtUp(), two.projection.untilCaughtUp()]);
  await Promise.all([one.projection.close(), two.projection.close()]);
  t.same(
    readdirSync(folder).filter((name) => name.endsWith('.db')),
    ['files-1.db', 'files-2.db'],
  );
  t.strictSame(projectionRows(folder), projectionRows(folder, 'files-2.db'));
});
