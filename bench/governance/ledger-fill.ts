import { join } from 'node:path';
import { hashOf } from '../../broker/ledger/chain.js';
import { encodeBatch } from '../../broker/ledger/ledger-batch.js';
import { readLedger, storedBytesAfter } from '../../broker/ledger/read-ledger.js';
import type { Act, LedgerKind } from '../../broker/ledger/record.js';
import { type Bus, connectBus } from '../../broker/nats/bus.js';
import { streamEnds } from '../../broker/nats/read/log-reader.js';
import { startEmbedded } from '../../broker/nats/server/embedded-server.js';
import { findNatsServer } from '../../broker/nats/server/find-server.js';
import { LEDGER_STREAM } from '../../broker/nats/streams.js';
import { partitionFor, partyOf } from '../../proto/subject.js';
import type { BenchGrant } from '../documents/bench-bundle.js';
import type { BenchRun } from '../harness/bench-run.js';
import { departmentOfSystem, entryIdOf, type FillSize, grantsOf } from './filled-plan.js';
import { PARTITIONS, type Seed } from './lawful-seed.js';
import { DEMAND, demandDepartment, PROVIDER, SYSTEM } from './seed-documents.js';

const BATCH_RECORDS = 500;
/** Days from now to the first and the last due date of what is open. */
const DUE_DAYS = { first: 60, last: 160 };
const DAY_MS = 86_400_000;
const PARTITION = /"partition":\d+/g;
/** One application in so many comes from the seed's own department; the others are spread over all that receive. */
const OWN_SHARE = 10;

/** Repeats the seed's acts on the stopped bus of `folder` until its ledger has the size. */
export async function fillLedger(run: BenchRun, folder: string, seed: Seed, size: FillSize): Promise<void> {
  const { path: binary } = await findNatsServer();
  const server = await startEmbedded({ binary, storeDir: join(folder, 'nats'), durability: 'relaxed' });
  run.defer(() => server.stop());
  const bus = await connectBus({ servers: server.url, user: server.user, pass: server.pass, name: 'bench' });
  try {
    const templates = await readTemplates(bus, seed);
    const writer = await BulkWriter.open(bus);
    for (let i = 0; i < size.entries; i++)
      await writer.add(copied(inPartition(templates.entry, entryIdOf(i)), entryNames(seed, entryIdOf(i)), i));
    run.note(`${size.entries} entries are written`);
    const { open, refused, approved } = templates;
    for (let i = 0; i < size.openApplications; i++)
      await writer.add(copied(open, applicationNames(seed, seed.open, `ap-o${i}`, i), i));
    for (let i = 0; i < size.refusedApplications; i++)
      await writer.add(copied(refused, applicationNames(seed, seed.refused, `ap-r${i}`, i), i));
    for (const [i, grant] of grantsOf(size).grants.entries())
      await writer.add(copied(approved[grant.without] as string[], grantNames(seed, grant), i));
    run.note(`the files of ${size.openApplications + size.refusedApplications + size.grants} applications are written`);
    const first = writer.head;
    while (writer.head + writer.waiting < size.records) {
      await writer.add([readingOf(1 + ((writer.head + writer.waiting) % first))]);
    }
    await writer.flush();
    run.note(`the ledger has ${writer.head} records`);
  } finally {
    await bus.close();
    await server.stop();
  }
}

/** Texts of the seed's acts, whose ids are replaced in each copy. */
interface Templates {
  entry: string[];
  open: string[];
  refused: string[];
  /** By the variant of the items: of an application and its grant. */
  approved: string[][];
}

async function readTemplates(bus: Bus, seed: Seed): Promise<Templates> {
  const of = async (kind: LedgerKind, id: string): Promise<string[]> => {
    const records = await readLedger(bus, { kind, id, limit: 1_000 });
    return records.map(({ seq: _seq, time: _time, prev: _prev, ...act }) => JSON.stringify(act));
  };
  const approved: string[][] = [];
  for (const { application, grant } of seed.approved)
    approved.push([...(await of('application', application)), ...(await of('grant', grant))]);
  return {
    entry: await of('entry', seed.entry),
    open: await of('application', seed.open),
    refused: await of('application', seed.refused),
    approved,
  };
}

/** Texts of a copy in place of those of the seed. */
type Names = readonly (readonly [seed: string, copy: string])[];

/** Each entry has its own partition, as an act of publication would have recorded it. */
const inPartition = (templates: readonly string[], entry: string): string[] =>
  templates.map((text) => text.replaceAll(PARTITION, `"partition":${partitionFor(entry, PARTITIONS)}`));

function entryNames({ entry }: Seed, copy: string): Names {
  return [
    [entry, copy],
    [`"${PROVIDER}"`, `"${partyOf(copy)}"`],
  ];
}

function applicationNames(seed: Seed, application: string, copy: string, i: number): Names {
  const demand = i % OWN_SHARE === 1 ? DEMAND : demandDepartment(i * 7);
  return [...entryNames(seed, entryIdOf(i)), [application, copy], [`"${DEMAND}"`, `"${demand}"`]];
}

function grantNames(seed: Seed, { id, entry, system, without }: BenchGrant): Names {
  const approved = seed.approved[without] as Seed['approved'][number];
  return [
    ...entryNames(seed, entry),
    [approved.application, `ap-${id}`],
    [approved.grant, `gr-${id}`],
    [`"${DEMAND}"`, `"${departmentOfSystem(system)}"`],
    [`"${SYSTEM}"`, `"${system}"`],
  ];
}

function copied(templates: readonly string[], names: Names, i: number): Act[] {
  const renamed = (text: string): string => names.reduce((done, [from, to]) => done.replaceAll(from, to), text);
  return templates.map((text) => dueLater(JSON.parse(renamed(text)) as Act, i));
}

/** Due dates lie apart from each other, and long enough ahead for the folder to be measured for weeks. */
function dueLater(act: Act, i: number): Act {
  const { state } = (act.step ?? {}) as { state?: { clocks: Record<string, unknown>[] } };
  const due = Date.now() + (DUE_DAYS.first + (i % (DUE_DAYS.last - DUE_DAYS.first))) * DAY_MS;
  const date = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  for (const clock of state?.clocks ?? []) {
    if (clock.state !== 'running') continue;
    Object.assign(clock, { due: date(due), lateFrom: `${date(due + DAY_MS)}T00:00:00+08:00` });
  }
  return act;
}

/** An officer reads the first notice of a record: most of what a ledger holds after years. */
const readingOf = (seq: number): Act => ({
  kind: 'notice',
  id: `no-${String(seq).padStart(12, '0')}-1`,
  act: 'read',
  actor: 'officer:head',
  role: 'body_head',
  document: { party: PROVIDER },
});

/** Appends acts in batches, each chained to what is there. Nobody else may write meanwhile. */
class BulkWriter {
  readonly #acts: Act[] = [];

  private constructor(
    private readonly bus: Bus,
    private hash: string,
    public head: number,
  ) {}

  static async open(bus: Bus): Promise<BulkWriter> {
    const { last } = await streamEnds(bus, LEDGER_STREAM);
    const [newest] = await storedBytesAfter(bus, last - 1, 1);
    return new BulkWriter(bus, newest ? hashOf(newest) : '', last);
  }

  get waiting(): number {
    return this.#acts.length;
  }

  async add(acts: readonly Act[]): Promise<void> {
    this.#acts.push(...acts);
    if (this.#acts.length >= BATCH_RECORDS) await this.flush();
  }

  async flush(): Promise<void> {
    const acts = this.#acts.splice(0);
    if (acts.length === 0) return;
    const time = new Date().toISOString();
    const { messages, lastHash } = encodeBatch(acts, { head: this.head, hash: this.hash, time, lastOf: () => 0 });
    // One writer needs no expectation beyond the end of the stream.
    for (const message of messages) delete message.expectLastSubject;
    await this.bus.publisher.publishBatch(messages);
    this.head += acts.length;
    this.hash = lastHash;
  }
}
