import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { EmbeddedServer } from '../../../../broker/nats/server/embedded-server.js';
import { OPERATOR_TOKEN } from '../../broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../broker/broker-process.js';
import { startNats, temporaryFolder } from '../../nats/nats.js';
import { LAWFUL, type LawfulClient, lawfulClient } from '../lawful-bus.js';
import type { WalkBus } from './walk-bus.js';

/** Brokers of one registered bus, each a process with a folder of its own, on one store. */
export class BrokerProcesses implements WalkBus {
  readonly clients: readonly LawfulClient[];
  readonly #processes: BrokerProcess[] = [];

  private constructor(
    private readonly t: Test,
    readonly nats: EmbeddedServer,
    private readonly folder: string,
    brokers: number,
  ) {
    const tokens = new Map([['pan', OPERATOR_TOKEN]]);
    this.clients = Array.from({ length: brokers }, (_, index) =>
      lawfulClient(() => (this.#processes[index] as BrokerProcess).url, tokens),
    );
  }

  static async start(t: Test, brokers: number): Promise<BrokerProcesses> {
    const nats = await startNats(t);
    const { url, user, pass } = nats;
    const bus = new BrokerProcesses(t, nats, await temporaryFolder(t), brokers);
    // YAML is a superset of JSON.
    await writeFile(bus.#config, JSON.stringify({ ...LAWFUL, nats: { url, user, pass }, partitions: 2 }));
    for (let index = 0; index < brokers; index++) await bus.#spawn(index);
    return bus;
  }

  kill(index: number): Promise<void> {
    return (this.#processes[index] as BrokerProcess).kill();
  }

  async restart(index: number, fresh: boolean): Promise<void> {
    if (fresh) await rm(this.projectionOf(index), { recursive: true, force: true });
    await this.#spawn(index);
  }

  /** Folder of a broker's projection. */
  projectionOf(index: number): string {
    return join(this.#dataDir(index), 'projection');
  }

  /** Log of the brokers since they were started. */
  logs(): string {
    return this.#processes.map((broker) => broker.log()).join('');
  }

  async #spawn(index: number): Promise<void> {
    await mkdir(this.#dataDir(index), { recursive: true });
    this.#processes[index] = await spawnBroker(this.t, this.#dataDir(index), { SLUICE_CONFIG: this.#config });
  }

  #dataDir(index: number): string {
    return join(this.folder, `broker-${index}`);
  }

  get #config(): string {
    return join(this.folder, 'sluice.yaml');
  }
}
