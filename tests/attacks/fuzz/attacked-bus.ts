import { readdirSync, readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { applyBundle } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { REFUSAL_BUNDLE } from '../../support/broker/refusal-bundle.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { call } from '../../support/raw-client/raw-http.js';
import { Witness } from '../../support/witness.js';
import { CpuWait } from './cpu-wait.js';
import { FuzzTarget } from './surface.js';
import { WITNESS_BUNDLE, WitnessDepartment } from './witness-department.js';

/** Descriptors of sockets that the kernel has not given back yet, and of the witness itself. */
const DESCRIPTORS_SPARE = 16;
/** Seldom, since it takes from the inputs; holds are measured by the broker itself. */
const WITNESS_INTERVAL_MS = 100;
const DESCRIPTORS_BACK_MS = 60_000;

export interface AttackFigures {
  /** Longest time for which the broker's event loop was held, and the slowest answer that the witness saw. */
  holdMs: number;
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
  #holdMs = 0;
  readonly #cpuWait: CpuWait;
  readonly #witness: Witness;
  readonly #department: WitnessDepartment;
  readonly #start: { residentMiB: number | undefined; descriptors: number | undefined };

  private constructor(readonly broker: BrokerProcess) {
    this.#start = { residentMiB: residentMiB(broker), descriptors: descriptors(broker) };
    this.#cpuWait = new CpuWait(broker.child.pid!);
    this.target = new FuzzTarget(broker.url, broker.operatorToken, this.#cpuWait);
    this.#witness = new Witness(broker.url, WITNESS_INTERVAL_MS);
    this.#department = new WitnessDepartment(broker, this.#cpuWait);
  }

  static async start(t: Test): Promise<AttackedBus> {
    const broker = await spawnBroker(t, await temporaryFolder(t));
    await applyBundle(broker.url, REFUSAL_BUNDLE);
    await applyBundle(broker.url, WITNESS_BUNDLE);
    await longestHoldMs(broker);
    return new AttackedBus(broker);
  }

  /** Ends the witnesses and returns what they saw. Rejects when the broker has died or one was not served rightly. */
  async finish(): Promise<AttackFigures> {
    const served = await this.#department.finish();
    const slowestMs = await this.#witness.stop();
    this.#cpuWait.stop();
    await this.holdMs();
    await this.target.close();
    await this.#descriptorsAreBack();
    const resident = this.residentMiB();
    const growthMiB = resident === undefined ? undefined : resident - (this.#start.residentMiB ?? 0);
    return { holdMs: this.#holdMs, slowestMs, growthMiB, residentMiB: resident, ...served };
  }

  residentMiB(): number | undefined {
    return residentMiB(this.broker);
  }

  /** The longest hold since this was asked last. */
  async holdMs(): Promise<number> {
    const holdMs = await longestHoldMs(this.broker);
    this.#holdMs = Math.max(this.#holdMs, holdMs);
    return holdMs;
  }

  async #descriptorsAreBack(): Promise<void> {
    const { descriptors: before } = this.#start;
    if (before === undefined) return;
    const areBack = () => (descriptors(this.broker) ?? 0) <= before + DESCRIPTORS_SPARE;
    await eventually(areBack, 'the descriptors of the attack to be closed', DESCRIPTORS_BACK_MS);
  }
}

/** Reading the metric begins it anew. */
async function longestHoldMs({ url }: BrokerProcess): Promise<number> {
  const { text } = await call({ url, token: '' }, 'GET', '/metrics');
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]) * 1_000;
}

function residentMiB({ child }: BrokerProcess): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
}

function descriptors({ child }: BrokerProcess): number | undefined {
  return process.platform === 'linux' ? readdirSync(`/proc/${child.pid}/fd`).length : undefined;
}
