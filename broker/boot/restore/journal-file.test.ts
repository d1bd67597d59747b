import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { JournalFile, textOf } from './journal-file.js';
import type { RightState } from './right-state.js';

const right = (seq: number, id: string, more: Partial<RightState> = {}): { state: RightState } => ({
  state: {
    seq,
    hash: 'a'.repeat(64),
    kind: 'grant',
    id,
    act: 'suspended',
    actor: 'officer:su',
    reason: undefined,
    time: '2026-02-06T02:00:00.000Z',
    document: { id, name: '出生' },
    ...more,
  } as RightState,
});

async function journalOf(t: Test, text: string): Promise<{ path: string; read: () => Promise<JournalFile> }> {
  const path = join(await temporaryFolder(t), 'journal');
  await writeFile(path, text);
  return { path, read: async () => (await JournalFile.read(path)) as JournalFile };
}

async function seqsOf(journal: JournalFile): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of journal.states()) seqs.push(seq);
  return seqs;
}

t.test('a journal gives the newest state of each right since the last restore, newest first', async (t) => {
  const lost = textOf([right(3, 'g-1'), { settled: 4 }, { seen: 2 }]);
  const { read } = await journalOf(
    t,
    `${lost}${textOf([right(5, 'g-1'), right(6, 'g-2'), right(9, 'g-1'), { seen: 12 }])}`,
  );
  const journal = await read();
  t.same(await seqsOf(journal), [9, 6]);
  t.match(journal, { seen: 12, settled: 4 });
  for await (const { document } of journal.states()) t.match(document, { name: '出生' });
  t.equal(await JournalFile.read('/nowhere/at/all'), undefined);
});

t.test('a line that a crash cut off is left out, with what was appended to it', async (t) => {
  const whole = textOf([right(5, 'g-1')]);
  const cut = textOf([right(6, 'g-1', { document: { a: {} } })]).slice(0, -4);
  const { path, read } = await journalOf(t, whole + cut);
  t.same(await seqsOf(await read()), [5]);
  await appendFile(path, textOf([{ seen: 8 }, right(9, 'g-2')]));
  const journal = await read();
  t.same(await seqsOf(journal), [9, 5]);
  await appendFile(path, textOf([right(11, 'g-3')]).trimEnd());
  t.same(await seqsOf(await read()), [11, 9, 5], 'only the end of the last line was lost');
});

t.test('a file of which more than half is replaced is written anew and says the same', async (t) => {
  const lines = [{ settled: 1 }, ...Array.from({ length: 40 }, (_, i) => right(i + 2, `g-${i % 4}`)), { seen: 50 }];
  const { path, read } = await journalOf(t, textOf(lines));
  const before = await readFile(path);
  const first = await read();
  await first.rewriteWhereWorth(before.length);
  t.same(await readFile(path), before, 'a small file stays');
  await first.rewriteWhereWorth(1_000);
  const anew = await read();
  t.same(await seqsOf(anew), [41, 40, 39, 38]);
  t.match(anew, { seen: 50, settled: 1 });
  const after = await readFile(path);
  t.ok(after.length < before.length / 5);
  await anew.rewriteWhereWorth(100);
  t.same(await readFile(path), after, 'as small as it can be');
});
