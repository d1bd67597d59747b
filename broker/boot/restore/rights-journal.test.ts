import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { eventually } from '../../../tests/support/condition.js';
import { hashOf } from '../../ledger/chain.js';
import { encodeRecord, type LedgerRecord } from '../../ledger/record.js';
import { JournalFile } from './journal-file.js';
import { RightsJournal } from './rights-journal.js';

const WAIT_MS = 20_000;

function suspension(seq: number, id: string): [LedgerRecord, Uint8Array] {
  const act = { kind: 'grant', id, act: 'suspended', actor: 'op', reason: 'r', document: {} } as const;
  const bytes = encodeRecord(act, {
    time: new Date(seq * 1000).toISOString(),
    prev: hashOf(Buffer.from(id)),
    nonce: '',
  });
  return [{ ...JSON.parse(Buffer.from(bytes).toString()), seq }, bytes];
}

t.test('what ended while the journal could not be written is in it once it can', async (t) => {
  const path = join(t.testdir({ journal: {} }), 'journal', 'rights.ndjson');
  const events: string[] = [];
  const journal = await RightsJournal.open(path, {
    onFailed: () => events.push('failed'),
    onWritten: () => events.push('written'),
  });
  journal.fold(...suspension(1, 'one'));
  await eventually(async () => (await JournalFile.read(path))?.seen === 1, 'the first line', WAIT_MS);
  await rm(dirname(path), { recursive: true });
  journal.fold(...suspension(2, 'two'));
  await eventually(() => events.length === 1, 'the failure', WAIT_MS);
  journal.fold(...suspension(3, 'three'));
  await mkdir(dirname(path));
  await eventually(() => events.length === 2, 'the next attempt', WAIT_MS);
  t.strictSame(events, ['failed', 'written']);
  await journal.close();
  t.match(await readFile(path, 'utf8'), /"id":"two"[\s\S]*"id":"three"/);
  t.equal((await JournalFile.read(path))?.seen, 3);
});

t.test('lines that wait for the file are tried once more when the journal is closed', async (t) => {
  const path = join(t.testdir(), 'journal', 'rights.ndjson');
  const events: string[] = [];
  const journal = await RightsJournal.open(path, {
    onFailed: () => events.push('failed'),
    onWritten: () => events.push('written'),
  });
  journal.fold(...suspension(1, 'one'));
  await eventually(() => events.length === 1, 'the failure', WAIT_MS);
  await mkdir(dirname(path));
  await journal.close();
  t.strictSame(events, ['failed', 'written']);
  t.equal((await JournalFile.read(path))?.seen, 1);
});

t.test('a journal that is closed while its file cannot be written closes all the same', async (t) => {
  const path = join(t.testdir(), 'journal', 'rights.ndjson');
  const journal = await RightsJournal.open(path, { onFailed: () => undefined, onWritten: () => undefined });
  journal.fold(...suspension(1, 'one'));
  await journal.close();
  t.equal(await JournalFile.read(path), undefined);
});
