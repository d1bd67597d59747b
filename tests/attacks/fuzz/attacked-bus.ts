import { readdirSync, readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { applyBundle } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { REFUSAL_BUNDLE } from '../../support/broker/refusal-bundle.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { call, publishBatch } from '../../support/raw-client/raw-http.js';
import type { RawSubscription } from '../../support/raw-client/raw-subscription.js';
import { Witness } from '../../support/witness.js';

const WITNESS_ENTRY = 'county-witness.pulse';
const WITNESS_TOKENS = { source: 'token-of-the-witness-source-01', reader: 'token-of-the-witness-reader-01' };
const PULSE_INTERVAL_MS = 50;
const ACK_EVERY = 100;
/** Descriptors of sockets that the kernel has not given back yet, and of the witness itself. */
const DESCRIPTORS_SPARE = 16;
const DESCRIPTORS_BACK_MS = 60_000;

const WITNESS_BUNDLE = {
  parties: [{ id: 'county-witness', name: { en: 'Witness' }, level: 'county', regionCode: '350102' }],
  systems: [
    { id: 'witness-source', party: 'county-witness', may: ['publish'], token: WITNESS_TOKENS.source },
    { id: 'witness-reader', party: 'county-witness', may: ['subscribe'], token: WITNESS_TOKENS.reader },
  ],
  entries: [
    {
      ...{ id: WITNESS_ENTRY, name: 'Pulses', sharingAttribute: 'conditional' },
      items: [
        { name: 'id', type: 'string', identifier: true },
        { name: 'secret', type: 'string' },
      ],
    },
  ],
  grants: [
    {
      ...{ id: 'g-witness', system: 'witness-reader', entry: WITNESS_ENTRY, items: [{ name: 'id' }] },
      ...{ purpose: 'test', basis: 'test', period: { from: '2020-01-01', to: '2099-12-31' }, history: 'all' },
    },
  ],
};

export interface AttackFigures {
  /** Longest time for which the broker's event loop was held, and the slowest answer that the witness saw. */
  holdMs: number;
  slowestMs: number;
  /** Growth of the resident memory since the witness began. Undefined where the system does not tell. */
  growthMiB: number | undefined;
  residentMiB: number | undefined;
  pulses: number;
}

/**
 * A broker in a process of its own that a test attacks, and a witness that uses it meanwhile: a department that publishes a pulse
 * twenty times a second and must receive each of them once, in order, with the granted item alone.
 */
export class AttackedBus {
  #published = 0;
  #isPulsing = true;
  readonly #pulsing: Promise<void>;
  readonly #witness: Witness;
  readonly #start: { residentMiB: number | undefined; descriptors: number | undefined };

  private constructor(
    readonly broker: BrokerProcess,
    private readonly session: RawSession,
    private readonly pulses: RawSubscription,
  ) {
    this.#start = { residentMiB: residentMiB(broker), descriptors: descriptors(broker) };
    this.#witness = new Witness(broker.url);
    this.#pulsing = this.#pulse();
  }

  static async start(t: Test): Promise<AttackedBus> {
    const broker = await spawnBroker(t, await temporaryFolder(t));
    await applyBundle(broker.url, REFUSAL_BUNDLE);
    await applyBundle(broker.url, WITNESS_BUNDLE);
    const session = await RawSession.open({ ...broker, token: WITNESS_TOKENS.reader, encoding: 'sluice.v1.json' });
    const pulses = await session.subscribe({ grant: 'g-witness', cursor: 'witness', from: 'earliest' });
    await longestHoldMs(broker);
    return new AttackedBus(broker, session, pulses);
  }

  /** Ends the witness and returns what it saw. Rejects when the broker has died or the witness was not served rightly. */
  async finish(): Promise<AttackFigures> {
    this.#isPulsing = false;
    await this.#pulsing;
    const slowestMs = await this.#witness.stop();
    const holdMs = await longestHoldMs(this.broker);
    await this.pulses.until(() => this.pulses.events.length >= this.#published, 'all pulses of the witness');
    const received = this.pulses.events.map(({ type, data }) => `${type} ${JSON.stringify(data)}`);
    const expected = Array.from({ length: this.#published }, (_, i) => `${WITNESS_ENTRY} {"id":"pulse-${i}"}`);
    const wrong = received.findIndex((event, index) => event !== expected[index]);
    if (wrong >= 0) throw new Error(`the witness received ${received[wrong]} as event ${wrong}`);
    await this.#descriptorsAreBack();
    const resident = residentMiB(this.broker);
    const growthMiB = resident === undefined ? undefined : resident - (this.#start.residentMiB ?? 0);
    await this.session.close();
    return { holdMs, slowestMs, growthMiB, residentMiB: resident, pulses: this.#published };
  }

  residentMiB(): number | undefined {
    return residentMiB(this.broker);
  }

  async #pulse(): Promise<void> {
    const source = { url: this.broker.url, token: WITNESS_TOKENS.source };
    while (this.#isPulsing) {
      const id = `pulse-${this.#published}`;
      const event = { specversion: '1.0' as const, id, type: WITNESS_ENTRY, op: 'create' as const };
      const [result] = await publishBatch(source, [{ ...event, data: { id, secret: 'not granted' } }]);
      if (result?.problem) throw new Error(`the witness was refused with ${result.problem.code}`);
      this.#published++;
      this.#acknowledge();
      await new Promise((resolve) => setTimeout(resolve, PULSE_INTERVAL_MS));
    }
  }

  /** Without it the credit of the subscription would end the deliveries. */
  #acknowledge(): void {
    const last = this.pulses.events.at(-1);
    if (last && this.pulses.outstanding >= ACK_EVERY) this.pulses.ack(last.position);
  }

  async #descriptorsAreBack(): Promise<void> {
    const { descriptors: before } = this.#start;
    if (before === undefined) return;
    const areBack = () => (descriptors(this.broker) ?? 0) <= before + DESCRIPTORS_SPARE;
    await eventually(areBack, 'the descriptors of the attack to be closed', DESCRIPTORS_BACK_MS);
  }
}

/** The longest hold since this was asked last: reading the metric begins it anew. */
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
