import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ledgerSubject } from '../../../proto/subject.js';
import { emptyStore } from '../../../tests/support/broker/ledger.js';
import { eventually } from '../../../tests/support/condition.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { Metrics } from '../../metrics/metrics.js';
import type { Bus } from '../../nats/bus.js';
import { Ledger } from '../ledger.js';
import type { LedgerBrokenError } from '../ledger-errors.js';
import type { Act, LedgerRecord } from '../record.js';
import { Checkpoints } from './checkpoints.js';
import type { FoldedRoom, SavedItem } from './folded-room.js';
import { KeptText } from './kept-text.js';

const SECRET = 'a secret of at least thirty-two characters';

/** Keeps the document of each entry as a text, and counts what it folds. */
class Entries implements FoldedRoom {
  readonly texts = new Map<string, KeptText>();
  folded = 0;

  readonly fold = ({ id, document }: LedgerRecord): void => {
    this.folded++;
    this.texts.set(id, KeptText.of(Buffer.from(JSON.stringify(document))));
  };

  save(): SavedItem[] {
    return [...this.texts].map(([id, text]) => ({ state: id, texts: [text] }));
  }

  load({ state, texts = [] }: SavedItem): void {
    this.texts.set(state as string, texts[0] as KeptText);
  }

  documents(): unknown[] {
    return [...this.texts].map(([id, text]) => [id, JSON.parse(text.read().toString())]);
  }
}

interface Opened {
  ledger: Ledger;
  entries: Entries;
  warnings: string[];
  broken: LedgerBrokenError[];
  /** Records that are still to be checked, as operators see it. */
  unchecked(): Promise<number>;
}

async function open(t: Test, bus: Bus, path: string, secret = SECRET): Promise<Opened> {
  const entries = new Entries();
  const [warnings, broken]: [string[], LedgerBrokenError[]] = [[], []];
  const warn = (message: string): number => warnings.push(message);
  const metrics = new Metrics();
  const ledger = await Ledger.open({
    bus,
    metrics: metrics.ledger,
    clock: Date.now,
    staleAfterMs: 10_000,
    folds: [entries.fold],
    checkpoints: new Checkpoints({ path, secret, rooms: [entries], isWriter: true, recordsAtEndMin: 1, warn }),
    onBroken: (error) => broken.push(error),
  });
  t.teardown(() => ledger.close());
  const unchecked = async (): Promise<number> =>
    Number(/^sluice_ledger_unchecked_records (\S+)$/m.exec(await metrics.text('text'))?.[1]);
  return { ledger, entries, warnings, broken, unchecked };
}

const act = (id: string, value: unknown): Act => ({
  kind: 'entry',
  id,
  act: 'put',
  actor: 'officer:chen',
  document: { value },
});

/** A ledger of 500 records with a checkpoint of the last. */
async function written(t: Test): Promise<{ bus: Bus; path: string; documents: unknown[] }> {
  const bus = await emptyStore(t);
  const path = join(await temporaryFolder(t), 'ledger.checkpoint');
  const { ledger, entries } = await open(t, bus, path);
  await ledger.appendAll(() => Array.from({ length: 500 }, (_, i) => act(`p.e${i % 90}`, `出生 ${i}`)));
  const documents = entries.documents();
  await ledger.close();
  return { bus, path, documents };
}

t.test('a start from a checkpoint folds what came after it and has the rest', async (t) => {
  const { bus, path, documents } = await written(t);
  t.equal((await stat(path)).mode & 0o077, 0, 'it is read by its owner only');
  const { ledger, entries } = await open(t, bus, path);
  t.equal(entries.folded, 0);
  t.same(entries.documents(), documents);
  await ledger.append(() => act('p.e5', 'again'));
  await ledger.append(() => act('p.new', 'new'));
  await ledger.close();
  const next = await open(t, bus, path);
  t.same([next.entries.folded, next.ledger.head], [0, 502], 'texts were read from the file that the new one replaced');
  t.same(
    new Map(next.entries.documents() as [string, unknown][]),
    new Map([...(documents as [string, unknown][]), ['p.e5', { value: 'again' }], ['p.new', { value: 'new' }]]),
  );
});

t.test('records that a start has not checked yet are counted down to none', async (t) => {
  const { bus, path } = await written(t);
  const { ledger, unchecked } = await open(t, bus, path);
  t.ok((await unchecked()) > 0, 'the check goes on beside everything else');
  await eventually(async () => (await unchecked()) === 0, 'the chain to be checked', 10_000);
  await ledger.append(() => act('p.e5', 'again'));
  t.equal(await unchecked(), 0, 'a new record is checked as it is read');
});

t.test('a checkpoint that is damaged, of another secret or of another ledger is not used', async (t) => {
  const { bus, path, documents } = await written(t);
  const whole = await readFile(path);
  const changed = Buffer.from(whole);
  changed[1_000] = (changed[1_000] as number) ^ 1;
  for (const bytes of [changed, whole.subarray(0, -1), Buffer.from('x')]) {
    await writeFile(path, bytes);
    const { entries } = await open(t, bus, path);
    t.same([entries.folded, entries.documents()], [500, documents]);
  }
  await writeFile(path, whole);
  t.equal((await open(t, bus, path, `${SECRET} and more`)).entries.folded, 500);
  const other = await open(t, await emptyStore(t), path);
  t.same([other.entries.folded, other.entries.documents()], [0, []]);
  t.match(other.warnings, [/not of this ledger/]);
});

t.test('a start that reads the whole ledger writes no checkpoint before its end', async (t) => {
  const { bus, path } = await written(t);
  const heads: number[] = [];
  const checkpoints = new Checkpoints({ path, secret: SECRET, rooms: [], isWriter: false, warn: () => {} });
  checkpoints.load = async () => undefined;
  checkpoints.folded = ({ head }) => heads.push(head);
  const ledger = await Ledger.open({
    bus,
    metrics: new Metrics().ledger,
    clock: Date.now,
    staleAfterMs: 10_000,
    folds: [],
    checkpoints,
  });
  t.teardown(() => ledger.close());
  await ledger.append(() => act('p.e5', 'again'));
  t.same(heads, [500, 501]);
});

t.test('a record that was changed before the checkpoint breaks the ledger while it is followed', async (t) => {
  const { bus, path } = await written(t);
  const records = await open(t, bus, join(await temporaryFolder(t), 'none'));
  const forged = await emptyStore(t);
  for (let seq = 0; seq < 500; ) {
    const page = await records.ledger.bytesAfter(seq, 100);
    const messages = page.map((bytes, index) => ({
      subject: ledgerSubject('entry', `p.e${(seq + index) % 90}`),
      data: seq + index === 70 ? Buffer.from(Buffer.from(bytes).toString().replace('出生 70', '出生 71')) : bytes,
    }));
    await forged.publisher.publishBatch(messages);
    seq += page.length;
  }
  const { entries, broken, ledger, unchecked } = await open(t, forged, path);
  t.equal(entries.folded, 0);
  await eventually(() => broken.length === 1, 'the chain to be checked', 10_000);
  t.ok((await unchecked()) > 0, 'a check that failed is not over');
  t.match(broken, [{ seq: 72 }]);
  t.equal(ledger.isFresh, false);
});
