import type { BrokerProcess } from '../../support/broker/broker-process.js';
import { RawFollower } from '../../support/raw-client/raw-follower.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';
import { RawLink } from '../../support/raw-client/raw-link.js';
import type { CpuWait } from './cpu-wait.js';

const ENTRY = 'county-witness.pulse';
const TOKENS = { source: 'token-of-the-witness-source-01', reader: 'token-of-the-witness-reader-01' };
const PULSE_INTERVAL_MS = 100;
/** A short attack on a fast machine ends before the witness has published enough to be disturbed. */
const PULSES_MIN = 20;
const ACK_EVERY = 100;
const ALL_RECEIVED_MS = 60_000;

export const WITNESS_BUNDLE = {
  parties: [{ id: 'county-witness', name: { en: 'Witness' }, level: 'county', regionCode: '350102' }],
  systems: [
    { id: 'witness-source', party: 'county-witness', may: ['publish'], token: TOKENS.source },
    { id: 'witness-reader', party: 'county-witness', may: ['subscribe'], token: TOKENS.reader },
  ],
  entries: [
    {
      id: ENTRY,
      name: 'Pulses',
      sharingAttribute: 'conditional',
      items: [
        { name: 'id', type: 'string', identifier: true },
        { name: 'secret', type: 'string' },
      ],
    },
  ],
  grants: [
    {
      id: 'g-witness',
      system: 'witness-reader',
      entry: ENTRY,
      items: [{ name: 'id' }],
      purpose: 'test',
      basis: 'test',
      period: { from: '2020-01-01', to: '2099-12-31' },
      history: 'all',
    },
  ],
};

/**
 * A department that publishes a pulse ten times a second and must receive each of them once, in order, with the granted item
 * alone, whatever others send meanwhile.
 */
export class WitnessDepartment {
  #published = 0;
  #starvedRefusals = 0;
  #isPulsing = true;
  readonly #pulsing: Promise<void>;
  readonly #link: RawLink;
  readonly #follower: RawFollower;

  constructor(
    private readonly broker: BrokerProcess,
    private readonly cpuWait: CpuWait,
  ) {
    this.#link = new RawLink({ url: broker.url, token: TOKENS.reader, encoding: 'sluice.v1.json' });
    this.#follower = new RawFollower({
      link: this.#link,
      grant: 'g-witness',
      cursor: 'witness',
      from: 'earliest',
      resume: 'cursor',
      ackPolicy: { credit: 1_000, every: ACK_EVERY, delayMs: undefined },
      cutAfter: [],
    });
    this.#follower.start();
    this.#pulsing = this.#pulse();
    // Reported when it is awaited.
    this.#pulsing.catch(() => undefined);
  }

  /** Resolves with the number of pulses, and of refusals for want of CPU. Rejects when it was not served rightly. */
  async finish(): Promise<{ pulses: number; starvedRefusals: number }> {
    this.#isPulsing = false;
    await this.#pulsing;
    const last = `pulse-${this.#published - 1}`;
    await this.#follower.until(
      () => this.#follower.saw(({ data }) => data?.id === last),
      () => last,
      ALL_RECEIVED_MS,
    );
    await this.#follower.stop();
    await this.#link.close();
    this.#assertReceived();
    return { pulses: this.#published, starvedRefusals: this.#starvedRefusals };
  }

  async #pulse(): Promise<void> {
    const source = { url: this.broker.url, token: TOKENS.source };
    while (this.#isPulsing || this.#published < PULSES_MIN) {
      const id = `pulse-${this.#published}`;
      const event = { specversion: '1.0' as const, id, type: ENTRY, op: 'create' as const };
      const [result] = await publishBatch(source, [{ ...event, data: { id, secret: 'not granted' } }]);
      if (!result?.problem) this.#published++;
      else if (result.problem.code === 'LEDGER_OUT_OF_SIGHT') this.#assertStarved();
      else throw new Error(`the witness was refused with ${result.problem.code}`);
      await new Promise((resolve) => setTimeout(resolve, PULSE_INTERVAL_MS));
    }
  }

  #assertStarved(): void {
    this.#starvedRefusals++;
    if (!this.cpuWait.isStarved())
      throw new Error('the witness was refused with LEDGER_OUT_OF_SIGHT though the broker had CPU');
  }

  #assertReceived(): void {
    const byPosition = new Map<number, string>();
    for (const { subscription } of this.#follower.runs) {
      if (subscription.breaches.length > 0) throw new Error(`the witness saw ${subscription.breaches.join(', ')}`);
      for (const { position, type, data } of subscription.events)
        byPosition.set(position, `${type} ${JSON.stringify(data)}`);
    }
    const received = [...byPosition].sort(([a], [b]) => a - b).map(([, event]) => event);
    const expected = Array.from({ length: this.#published }, (_, i) => `${ENTRY} {"id":"pulse-${i}"}`);
    const wrong = received.findIndex((event, index) => event !== expected[index]);
    if (wrong >= 0 || received.length !== expected.length)
      throw new Error(`the witness received ${received[wrong]} as event ${wrong} of ${received.length}`);
  }
}
