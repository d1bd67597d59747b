import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { benchBundle, benchGrant, SOURCE_SYSTEM, tokenOf } from './documents/bench-bundle.js';
import { benchEntry } from './documents/bench-entry.js';
import { type BenchResult, type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds, NOT_MEASURED } from './harness/cpu-meter.js';
import type { Percentiles } from './harness/histogram.js';
import { operate } from './harness/operator.js';
import { waitUntil } from './harness/wait-until.js';
import { findChangeReceiver, receiveChanges } from './postgres/change-receiver.js';
import { idleLag } from './postgres/idle-lag.js';
import { PostgresServer } from './postgres/postgres-server.js';
import { serverCpuSeconds } from './postgres/server-cpu.js';
import { insertRows, makeSourceTable, SOURCE_COLUMNS, SOURCE_TABLE } from './postgres/source-table.js';
import { type BrokerProcess, startBroker } from './processes/broker-process.js';
import { type ConnectorProcess, startConnector } from './processes/connector-process.js';

/**
 * Measures rows per second from a slot's backlog into acknowledged events, against pg_recvlogical writing the same
 * changes to a file; then of a snapshot of the same rows, and the lag of single rows.
 */
const STREAM: Feed = { name: 'cdc', entry: 'bench.records', slot: 'sluice_cdc' };
const SNAPSHOT: Feed = { name: 'cdc-snapshot', entry: 'bench.copies', slot: 'sluice_cdc_snapshot' };
const SUBSCRIBER = 'reader';
const GRANT = 'g-records';
/** Three workloads share the time; inserting a row takes PostgreSQL at most a tenth of a millisecond. */
const MEASURED_ROWS_PER_SECOND_OF_RUN = 4_000;
/**
 * Rows after which connector and broker count as warm. A new process runs its code slowly until V8 has compiled it, which it does beside
 * the loop and for longer where other threads want the cores; and its first collections move what stays. That is over after some
 * 100,000 rows, two to three seconds. A department's connector runs for months, so that is not what it costs.
 */
const WARM_ROWS = 100_000;
/** pg_recvlogical takes a second or two, so it runs before and after to average out other load. */
const PEER_RUNS_BEFORE = 2;
const PEER_RUNS_AFTER = 1;
/** The rows of the warm-up are the same however short the bench is; beside other work they take a minute. */
const SPARE_SECONDS = 240;
const END_MS_MAX = 20_000;
const PUBLISH_MS_MAX = 120_000;
const WORKLOADS = { 'many rows per transaction': 1_000, 'a row per transaction': 1 };

/** One connector with a slot, a publication and an entry of its own. */
interface Feed {
  name: string;
  entry: string;
  slot: string;
}

interface Bench {
  run: BenchRun;
  postgres: PostgresServer;
  broker: BrokerProcess;
  receiver: string | undefined;
}

interface Phase {
  rowsPerSecond: number;
  cpuMicrosPerRow: CpuSeconds;
  cpuSeconds: CpuSeconds;
  megabytes?: number;
}

await runBench('cdc', measureChanges, { spareSeconds: SPARE_SECONDS });

async function measureChanges(run: BenchRun): Promise<BenchResult> {
  const bench = await start(run);
  await makeSlot(bench);
  const rows = WARM_ROWS + Math.ceil((run.options.seconds * MEASURED_ROWS_PER_SECOND_OF_RUN) / 1_000) * 1_000;
  const ratio: Record<string, number | null> = {};
  const figures: Record<string, unknown> = {
    rows,
    rowsOfWarmUp: WARM_ROWS,
    peer: bench.receiver ? 'pg_recvlogical' : 'pg_recvlogical is missing',
  };
  const cpuSeconds: Record<string, CpuSeconds> = {};
  let streamed = 0;
  for (const [name, perTransaction] of Object.entries(WORKLOADS)) {
    const { source, peers } = await workload(bench, name, rows, perTransaction);
    const peer = peers.sort((a, b) => a.rowsPerSecond - b.rowsPerSecond)[Math.floor(peers.length / 2)];
    ratio[name] = peer ? Math.round((source.rowsPerSecond / peer.rowsPerSecond) * 1000) / 1000 : null;
    for (const [role, phase] of Object.entries({ source, peer })) {
      if (!phase) continue;
      const { cpuSeconds: used, ...figure } = phase;
      cpuSeconds[`${name}, ${role}`] = used;
      figures[`${name}, ${role}`] = figure;
    }
    if (perTransaction > 1) streamed = source.rowsPerSecond;
  }
  const { cpuSeconds: used, ...snapshot } = await publish(bench, SNAPSHOT, rows * Object.keys(WORKLOADS).length);
  cpuSeconds.snapshot = used;
  const ratioOfSnapshot = Math.round((snapshot.rowsPerSecond / streamed) * 1000) / 1000;
  const all = { ...ratio, 'snapshot, against the stream': ratioOfSnapshot };
  Object.assign(figures, { snapshot, 'idle lag': await measureIdleLag(bench) });
  return { ratio: all, aim: 'at least 0.5; snapshot at least 1.5; idle lag p50 at most 5 ms', figures, cpuSeconds };
}

async function measureIdleLag(bench: Bench): Promise<Percentiles> {
  const { postgres, broker } = bench;
  const connector = await connect(bench, STREAM);
  const subscription = { url: broker.url, token: tokenOf(SUBSCRIBER), grant: GRANT };
  const lag = await idleLag({ database: postgres.url, subscription });
  await connector.end();
  return lag;
}

async function start(run: BenchRun): Promise<Bench> {
  const folder = join(run.folder, 'postgres');
  await mkdir(folder);
  // PostgreSQL runs under an account of its own, which must be able to enter the folder of the run.
  await chmod(run.folder, 0o711);
  const postgres = await PostgresServer.create(folder, { synchronous_commit: 'off', max_wal_size: '4GB' });
  run.defer(() => postgres.stop());
  await postgres.start();
  await makeSourceTable(postgres.query);
  const broker = await startBroker(run);
  await operate(broker.url, 'POST', '/v1/bundles', bundle());
  return { run, postgres, broker, receiver: await findChangeReceiver() };
}

function bundle() {
  const grant = benchGrant({ id: GRANT, system: SUBSCRIBER, entry: STREAM.entry, without: 0 });
  return benchBundle([SUBSCRIBER], [benchEntry(STREAM.entry), benchEntry(SNAPSHOT.entry)], [grant]);
}

async function workload(bench: Bench, name: string, rows: number, perTransaction: number) {
  const { run, postgres, receiver } = bench;
  await insertRows(postgres.query, `t${perTransaction}-`, rows, perTransaction);
  const peers: Phase[] = [];
  const peer = async (runs: number, from: string): Promise<void> => {
    for (let i = 0; receiver && i < runs; i++) peers.push(await receive(bench, receiver, from, rows));
  };
  if (receiver) await copySlot(postgres, STREAM.slot, 'kept');
  await peer(PEER_RUNS_BEFORE, 'kept');
  const source = await publish(bench, STREAM, rows);
  await peer(PEER_RUNS_AFTER, 'kept');
  if (receiver) await postgres.query(`SELECT pg_drop_replication_slot('kept')`);
  run.note(`${name}: ${source.rowsPerSecond} rows/s, peer ${peers.map(({ rowsPerSecond }) => rowsPerSecond)}`);
  return { source, peers };
}

async function copySlot(postgres: PostgresServer, from: string, to: string): Promise<void> {
  await postgres.query('SELECT pg_copy_logical_replication_slot($1, $2)', [from, to]);
}

async function receive({ run, postgres }: Bench, program: string, from: string, rows: number): Promise<Phase> {
  const slot = 'peer';
  await copySlot(postgres, from, slot);
  const [end] = await postgres.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  const file = join(run.folder, 'changes');
  const before = serverCpuSeconds(postgres.pid);
  const order = { program, url: postgres.url, slot, publication: STREAM.slot, endLsn: end!.lsn, file };
  const { seconds, bytes, cpuSeconds } = await receiveChanges(run, order);
  await waitUntil('the end of the peer', END_MS_MAX, () => isFree(postgres, slot));
  const used = { pg_recvlogical: cpuSeconds, postgres: difference(before, serverCpuSeconds(postgres.pid)) };
  await postgres.query('SELECT pg_drop_replication_slot($1)', [slot]);
  await rm(file);
  return { ...phaseOf(rows, seconds, used), megabytes: Math.round(bytes / 1e5) / 10 };
}

/** Lets the connector publish the backlog, or the table; measured from when it is warm. */
async function publish(bench: Bench, feed: Feed, rows: number): Promise<Phase> {
  const { postgres, broker } = bench;
  const postgresBefore = serverCpuSeconds(postgres.pid);
  const connector = await connect(bench, feed);
  const warm = await reached(connector, WARM_ROWS);
  const meter = await CpuMeter.start({ connector: connector.pid, ...broker.roles });
  const done = await reached(connector, rows);
  const { cpuSeconds } = await meter.read();
  const measured = done.stored - warm.stored;
  // The server is ahead of the connector by a bounded buffer, so its use counts by the measured share of the rows.
  const server = difference(postgresBefore, serverCpuSeconds(postgres.pid), measured / rows);
  const used = { ...cpuSeconds, postgres: server };
  await connector.end();
  await waitUntil('the end of the connector', END_MS_MAX, () => isFree(postgres, feed.slot));
  return phaseOf(measured, (done.atMs - warm.atMs) / 1000, used);
}

async function reached(connector: ConnectorProcess, events: number): Promise<{ stored: number; atMs: number }> {
  let stored = 0;
  await waitUntil(`acknowledgement of ${events} events`, PUBLISH_MS_MAX, async () => {
    stored = await connector.stored();
    return stored >= events;
  });
  return { stored, atMs: performance.now() };
}

function connect({ run, postgres, broker }: Bench, { name, entry, slot }: Feed): Promise<ConnectorProcess> {
  const table = { table: SOURCE_TABLE, entry, columns: SOURCE_COLUMNS };
  return startConnector(run, {
    name,
    connector: 'postgres-source',
    bus: { url: broker.url, token: tokenOf(SOURCE_SYSTEM) },
    settings: { database: postgres.url, tables: [table], slot, publication: slot, maxRetainedWalMb: 65_536 },
  });
}

/** Creates the slot by a first snapshot of a table that is still empty. */
async function makeSlot(bench: Bench): Promise<void> {
  const connector = await connect(bench, STREAM);
  const state = join(bench.run.folder, 'state', 'cdc.postgres-source.json');
  await waitUntil('the first snapshot', END_MS_MAX, async () =>
    /"isDone": ?true/.test(await readFile(state, 'utf8').catch(() => '')),
  );
  await connector.end();
  await waitUntil('the end of the connector', END_MS_MAX, () => isFree(bench.postgres, STREAM.slot));
}

async function isFree(postgres: PostgresServer, slot: string): Promise<boolean> {
  const sql = 'SELECT active FROM pg_replication_slots WHERE slot_name = $1';
  const [row] = await postgres.query<{ active: boolean }>(sql, [slot]);
  return row?.active === false;
}

function difference(before: CpuSeconds[string], after: CpuSeconds[string], share = 1): CpuSeconds[string] {
  if (typeof before !== 'number' || typeof after !== 'number') return NOT_MEASURED;
  return Math.round((after - before) * share * 1000) / 1000;
}

function phaseOf(rows: number, seconds: number, cpuSeconds: CpuSeconds): Phase {
  const micros = Object.entries(cpuSeconds).map(([role, used = NOT_MEASURED]) => {
    return [role, typeof used === 'number' ? Math.round((used / rows) * 1e7) / 10 : used] as const;
  });
  return { rowsPerSecond: Math.round(rows / seconds), cpuMicrosPerRow: Object.fromEntries(micros), cpuSeconds };
}
