import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { emptyStore, openLedger } from '../../../tests/support/broker/ledger.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import type { LedgerRecord } from '../../ledger/record.js';
import { streamInfo } from '../../nats/read/log-reader.js';
import { projectedFiles } from '../projection/projected-files.js';
import { Projection } from '../projection/projection.js';
import { digestOf } from './attachment-bytes.js';
import { Attachments } from './attachments.js';

const WU = { actor: 'officer:wu', role: 'applicant', party: 'd' };

async function office(t: Test, bytesPerPartyMax?: number) {
  const bus = await emptyStore(t);
  const records: LedgerRecord[] = [];
  const ledger = await openLedger(t, bus, [(record) => records.push(record)]);
  const projection = new Projection({ ledger, folder: await temporaryFolder(t), warn: () => {} });
  t.teardown(() => projection.close());
  const files = projectedFiles(projection, Date.now);
  return { bus, records, files, attachments: new Attachments({ bus, ledger, files, bytesPerPartyMax }) };
}

async function bytesOf(source: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source ?? []) parts.push(part);
  return Buffer.concat(parts);
}

t.test('bytes up to 10 MiB come back as they were, and each read is on the ledger', async (t) => {
  const { attachments, records, files } = await office(t);
  for (const size of [0, 1, 512 * 1024, 10 * 1024 * 1024]) {
    const bytes = randomBytes(size);
    const stored = await attachments.store(bytes, 'application/pdf', WU);
    t.match(stored, { sha256: digestOf(bytes), size, type: 'application/pdf', isNew: true });
    const read = await attachments.read(stored, { ...WU, actor: 'officer:xu' });
    t.ok((await bytesOf(read?.parts)).equals(bytes), `${size} bytes`);
    read?.release();
    t.match(records.at(-1), { act: 'read', actor: 'officer:xu', id: stored.sha256, document: { party: 'd' } });
    t.match(await files.attachment(stored.sha256), { size, parties: ['d'] });
  }
  t.equal(await attachments.read({ sha256: 'f'.repeat(64) }, WU), undefined);
});

t.test('one byte above 10 MiB is refused and leaves nothing', async (t) => {
  const { attachments, records, bus } = await office(t);
  await t.rejects(attachments.store(Buffer.alloc(10 * 1024 * 1024 + 1), 'text/plain', WU), { code: 'TOO_LARGE' });
  t.same([records.length, (await streamInfo(bus, 'ATTACHMENTS')).state.messages], [0, 0]);
});

t.test('the same bytes are stored once, and on record once for each department that stored them', async (t) => {
  const { attachments, records, bus } = await office(t);
  const bytes = randomBytes(600_000);
  const both = await Promise.all([
    attachments.store(bytes, 'text/plain', WU),
    attachments.store(bytes, 'text/plain', WU),
  ]);
  t.same(both.map(({ isNew }) => isNew).sort(), [false, true]);
  t.match(await attachments.store(bytes, 'text/plain', { ...WU, party: 't' }), { isNew: true });
  t.same(
    records.map(({ act, document }) => [act, (document as { party: string }).party]),
    [
      ['store', 'd'],
      ['store', 't'],
    ],
  );
  t.equal((await streamInfo(bus, 'ATTACHMENTS')).state.messages, 2);
});

t.test('slots for bytes on their way in and out are bounded, with a code that says to retry', async (t) => {
  const { attachments } = await office(t);
  const taken = Array.from({ length: 4 }, () => attachments.takeStoring());
  t.throws(() => attachments.takeStoring(), { code: 'TOO_MANY' });
  taken[0]?.();
  taken[0]?.();
  attachments.takeStoring();
  t.throws(() => attachments.takeStoring(), { code: 'TOO_MANY' }, 'a place is given back once');

  const stored = await attachments.store(randomBytes(10), 'text/plain', WU);
  const read = (actor: string) => attachments.read(stored, { ...WU, actor });
  const own = await Promise.all(Array.from({ length: 4 }, () => read('officer:wu')));
  await t.rejects(read('officer:wu'), { code: 'TOO_MANY' });
  t.ok(await read('officer:xu'), 'another officer still reads');
  own[0]?.release();
  t.ok(await read('officer:wu'));
});

t.test('a department stores up to its quota, what it has already at any time, and nothing beyond', async (t) => {
  const { attachments, records, bus } = await office(t, 1_000_000);
  const full = {
    code: 'STORE_FULL',
    message: /party d has stored 600000 of the 1000000 bytes.*quotas\.attachmentBytes/,
  };
  const first = randomBytes(600_000);
  await attachments.store(first, 'text/plain', WU);
  const stored = (await streamInfo(bus, 'ATTACHMENTS')).state.messages;
  await t.rejects(attachments.store(randomBytes(400_001), 'text/plain', WU), full);
  t.equal((await streamInfo(bus, 'ATTACHMENTS')).state.messages, stored, 'nothing of it is kept');
  t.match(await attachments.store(first, 'text/plain', WU), { isNew: false }, 'the same bytes again');
  t.match(await attachments.store(first, 'text/plain', { ...WU, party: 't' }), { isNew: true }, 'another department');
  const three = await Promise.allSettled(
    [1, 2, 3].map(() => attachments.store(randomBytes(150_000), 'text/plain', WU)),
  );
  t.same(three.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'rejected'], 'also when sent at once');
  t.equal(records.filter(({ act }) => act === 'store').length, 4);
});
