import { eventually } from '../../support/condition.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { GRANTS, PULSE_ENTRY, record, TOKENS } from './flood-bundle.js';

const PULSE_MS = 20;
const ACK_EVERY = 50;
const ALL_RECEIVED_MS = 60_000;

/** An honest source that publishes every 20 ms and an honest subscriber, each with a session that was open before the flood. */
export class PulseWitness {
  readonly #sentAtMs = new Map<string, number>();
  #seen = 0;
  #gapMs = 0;
  #latencyMs = 0;
  #lastMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #failures: string[] = [];

  private constructor(
    private readonly source: RawSession,
    private readonly reader: RawSession,
    private readonly channel: number,
    private readonly run: string,
  ) {
    this.#timer = setInterval(() => this.#pulse(), PULSE_MS);
  }

  static async start(url: string): Promise<PulseWitness> {
    const run = String(Math.round(performance.now()));
    const source = await RawSession.open({ url, token: TOKENS.source, encoding: 'sluice.v1.json' });
    let witness: PulseWitness | undefined;
    const onMessage = (message: Buffer): void => {
      if (witness) witness.#received(message);
    };
    const reader = await RawSession.open({ url, token: TOKENS.witness, encoding: 'sluice.v1.json', onMessage });
    const { channel } = await reader.subscribe({ grant: GRANTS.pulses, from: 'latest', cursor: run, credit: 100_000 });
    witness = new PulseWitness(source, reader, channel, run);
    return witness;
  }

  #received(message: Buffer): void {
    const frame = JSON.parse(message.toString()) as {
      kind: string;
      events?: { position: number; data: { id: string } }[];
    };
    if (frame.kind !== 'events') return;
    const nowMs = performance.now();
    for (const { data, position } of frame.events ?? []) {
      const sentAtMs = this.#sentAtMs.get(data.id);
      if (sentAtMs === undefined) continue;
      this.#latencyMs = Math.max(this.#latencyMs, nowMs - sentAtMs);
      this.#gapMs = Math.max(this.#gapMs, nowMs - this.#lastMs);
      this.#lastMs = nowMs;
      if (++this.#seen % ACK_EVERY === 0) this.reader.send({ kind: 'ack', channel: this.channel, position });
    }
  }

  /** Rejects when an event did not arrive. */
  async finish(): Promise<{ gapMs: number; latencyMs: number }> {
    clearInterval(this.#timer);
    const all = (): boolean => this.#seen >= this.#sentAtMs.size || this.#failures.length > 0;
    await eventually(all, 'every pulse to arrive', ALL_RECEIVED_MS);
    if (this.#failures.length > 0) throw new Error(this.#failures[0]);
    await Promise.all([this.source.close(), this.reader.close()]);
    return { gapMs: this.#gapMs, latencyMs: this.#latencyMs };
  }

  #pulse(): void {
    const id = `${this.run}-${this.#sentAtMs.size}`;
    this.#sentAtMs.set(id, performance.now());
    this.source.publish([record(PULSE_ENTRY, id, 'pulse')]).then(
      ([result]) => result?.problem && this.#failures.push(`a pulse was refused with ${result.problem.code}`),
      (error: Error) => this.#failures.push(error.message),
    );
  }
}
