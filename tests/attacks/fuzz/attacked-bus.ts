import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { LinuxProcess } from '../../../bench/processes/linux-process.js';
import { applyBundle } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { PARTY, REFUSAL_BUNDLE } from '../../support/broker/refusal-bundle.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { type MemoryInUse, WatchedMemory } from '../../support/probes/watched-memory.js';
import { type LongestTurn, WatchedTurns } from '../../support/probes/watched-turns.js';
import { Witness } from '../../support/witness.js';
import { CpuTimes } from './cpu-times.js';
import { CpuWait } from './cpu-wait.js';
import { FuzzTarget, LANES, sourceToken } from './surface.js';
import { WITNESS_BUNDLE, WitnessDepartment } from './witness-department.js';

/** Descriptors of sockets that the kernel has not given back yet, and of the witness itself. */
const DESCRIPTORS_SPARE = 16;
/** Seldom, since it takes from the inputs; holds are measured within the broker. */
const WITNESS_INTERVAL_MS = 100;
const DESCRIPTORS_BACK_MS = 60_000;

/** Each has a quarantine and source positions of its own. */
const SOURCES_BUNDLE = {
  systems: Array.from({ length: LANES }, (_none, i) => ({
    id: `fuzzed-source-${i}`,
    party: PARTY,
    may: ['publish'],
    token: sourceToken(i),
  })),
};

export interface AttackFigures {
  /** Longest turn of the broker's event loop, by the clock and in processor time, and the slowest answer that the witness saw. */
  holdMs: number;
  holdCpuMs: number;
  slowestMs: number;
  /** Growth of the resident memory since the witness began. Undefined where the system does not tell. */
  growthMiB: number | undefined;
  residentMiB: number | undefined;
  pulses: number;
  /** Pulses that were refused while the broker or its store got no CPU. */
  starvedRefusals: number;
}

/** A broker in a process of its own that a test attacks, and those who use it meanwhile and must be served. */
export class AttackedBus {
  readonly target: FuzzTarget;
  #hold: LongestTurn = { turnMs: 0, turnCpuMs: 0 };
  readonly #process: LinuxProcess;
  readonly #cpuWait: CpuWait;
  readonly #witness: Witness;
  readonly #department: WitnessDepartment;
  readonly #turns: WatchedTurns;
  readonly #memory: WatchedMemory;
  readonly #start: { residentMiB: number | undefined; descriptors: number | undefined };

  private constructor(
    readonly broker: BrokerProcess,
    probes: Record<'turns' | 'memory', string>,
  ) {
    this.#turns = new WatchedTurns(probes.turns);
    this.#memory = new WatchedMemory(probes.memory, broker.child);
    this.#process = new LinuxProcess(broker.child.pid!);
    this.#start = { residentMiB: this.#process.residentMiB, descriptors: this.#process.descriptors };
    this.#cpuWait = new CpuWait(this.#process);
    this.target = new FuzzTarget(broker.url, broker.operatorToken, this.#cpuWait);
    this.#witness = new Witness(broker.url, WITNESS_INTERVAL_MS);
    this.#department = new WitnessDepartment(broker, this.#cpuWait);
  }

  static async start(t: Test): Promise<AttackedBus> {
    const folder = await temporaryFolder(t);
    const probes = { turns: join(dirname(folder), 'turns.json'), memory: join(dirname(folder), 'memory.json') };
    const env = { ...WatchedTurns.env(probes.turns), ...WatchedMemory.env(probes.memory) };
    const broker = await spawnBroker(t, folder, env);
    for (const bundle of [REFUSAL_BUNDLE, SOURCES_BUNDLE, WITNESS_BUNDLE]) await applyBundle(broker.url, bundle);
    return new AttackedBus(broker, probes);
  }

  /** Ends the witnesses and returns what they saw. Rejects when the broker has died or one was not served rightly. */
  async finish(): Promise<AttackFigures> {
    const served = await this.#department.finish();
    const slowestMs = await this.#witness.stop();
    this.#cpuWait.stop();
    this.hold();
    this.#turns.stop();
    await this.target.close();
    await this.#descriptorsAreBack();
    const resident = this.residentMiB();
    const growthMiB = resident === undefined ? undefined : resident - (this.#start.residentMiB ?? 0);
    const { turnMs: holdMs, turnCpuMs: holdCpuMs } = this.#hold;
    return { holdMs, holdCpuMs, slowestMs, growthMiB, residentMiB: resident, ...served };
  }

  residentMiB(): number | undefined {
    return this.#process.residentMiB;
  }

  /** Resident memory of the store. */
  storeMiB(): number | undefined {
    return this.#process.children[0]?.residentMiB;
  }

  /** Memory of the broker after a full collection. */
  memory(): Promise<MemoryInUse> {
    return this.#memory.take();
  }

  cpuTimes(): CpuTimes {
    return CpuTimes.now(this.#process);
  }

  /** The longest turn since this was asked last. */
  hold(): LongestTurn {
    const longest = this.#turns.take();
    this.#hold = {
      turnMs: Math.max(this.#hold.turnMs, longest.turnMs),
      turnCpuMs: Math.max(this.#hold.turnCpuMs, longest.turnCpuMs),
    };
    return longest;
  }

  async #descriptorsAreBack(): Promise<void> {
    const { descriptors: before } = this.#start;
    if (before === undefined) return;
    const areBack = () => (this.#process.descriptors ?? 0) <= before + DESCRIPTORS_SPARE;
    await eventually(areBack, 'the descriptors of the attack to be closed', DESCRIPTORS_BACK_MS);
  }
}
