import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { LinuxProcess } from '../../../bench/processes/linux-process.js';
import { applyBundle } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { WatchedTurns } from '../../support/probes/watched-turns.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';
import { ENTRY, FLOOD_BUNDLE, record, TOKENS } from './flood-bundle.js';
import type { FloodKind } from './flood-kinds.js';
import { PulseWitness } from './pulse-witness.js';

const PROCESSES = 2;
const LOG_RECORDS = 50_000;
const LOG_BATCH = 1_000;
const RECORD_TEXT = 'x'.repeat(1_400);
const FLOOD_PROCESS = new URL('flood-process.js', import.meta.url).pathname;

export interface SpanFigures {
  /** Longest time between two events at the witness, and the longest from publishing to arriving. */
  gapMs: number;
  latencyMs: number;
  /** Longest turn of the broker's event loop. */
  turnMs: number;
  turnCpuMs: number;
  cpuSeconds: number;
  /** For which the broker's event loop, and its store's first thread, waited for a processor that others had. */
  waitedMs: number;
  storeCpuSeconds: number;
  peakMiB: number;
  /** Connections that the flood has opened. */
  opened: number;
}

/** A broker in a process of its own, whose witness is measured while others flood it. */
export class FloodedBus {
  readonly #process: LinuxProcess;

  private constructor(
    readonly broker: BrokerProcess,
    private readonly probeFile: string,
  ) {
    this.#process = new LinuxProcess(broker.child.pid!);
  }

  static async start(t: Test): Promise<FloodedBus> {
    const folder = await temporaryFolder(t);
    const probeFile = join(dirname(folder), 'turns.json');
    const broker = await spawnBroker(t, folder, WatchedTurns.env(probeFile));
    await applyBundle(broker.url, FLOOD_BUNDLE);
    return new FloodedBus(broker, probeFile);
  }

  async fillLog(): Promise<void> {
    const source = { url: this.broker.url, token: TOKENS.source };
    for (let i = 0; i < LOG_RECORDS; i += LOG_BATCH) {
      const ids = Array.from({ length: LOG_BATCH }, (_, k) => `r${i + k}`);
      await publishBatch(
        source,
        ids.map((id) => record(ENTRY, id, RECORD_TEXT)),
      );
    }
  }

  get descriptors(): number {
    return this.#process.descriptors ?? 0;
  }

  /** Measures some seconds, with a flood or without. */
  async span(seconds: number, kind?: FloodKind, connections = 0): Promise<SpanFigures> {
    const own = this.#process;
    const store = own.children[0]!;
    const witness = await PulseWitness.start(this.broker.url);
    // Begins the peak anew.
    writeFileSync(`/proc/${own.pid}/clear_refs`, '5');
    const used = (): number[] => [own.cpuSeconds!, store.cpuSeconds!, own.waitedMs! + store.waitedMs!];
    const before = used();
    const turns = new WatchedTurns(this.probeFile);
    const flood = kind ? floodProcesses(this.broker.url, kind, connections) : [];
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const opened = await Promise.all(flood.map(endFlood));
    const longest = turns.take();
    turns.stop();
    const seen = await witness.finish();
    const [cpuSeconds = 0, storeCpuSeconds = 0, waitedMs = 0] = used().map((now, i) => now - before[i]!);
    return {
      ...seen,
      ...longest,
      cpuSeconds,
      storeCpuSeconds,
      waitedMs,
      peakMiB: own.peakMiB!,
      opened: opened.reduce((sum, one) => sum + one, 0),
    };
  }
}

/** Floods until the test ends. */
export function startFlood(t: Test, url: string, kind: FloodKind, connections: number): void {
  const flood = floodProcesses(url, kind, connections);
  t.teardown(() => Promise.all(flood.map(endFlood)));
}

function floodProcesses(url: string, kind: FloodKind, connections: number): ChildProcess[] {
  const each = Math.ceil(Math.min(connections, kind.connectionsMax ?? connections) / PROCESSES);
  return Array.from({ length: PROCESSES }, (_, i) => {
    const args = [FLOOD_PROCESS, kind.name, url, String(i * each), String(each)];
    // A group of its own: where groups share the processor, it is not the broker's share that the flood takes.
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    setPriority(child.pid as number, constants.priority.PRIORITY_BELOW_NORMAL);
    return child;
  });
}

/** Resolves with how many connections it has opened. */
async function endFlood(child: ChildProcess): Promise<number> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'close');
  child.kill('SIGTERM');
  await exited;
  return (JSON.parse(output || '{"opened":0}') as { opened: number }).opened;
}
