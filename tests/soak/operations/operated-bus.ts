import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { BrokerProcess } from '../../support/broker/broker-process.js';
import type { LoadedBus } from '../../support/nats/cluster-load.js';
import { freePorts } from '../../support/nats/free-ports.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { changingAddress, type RawAddress } from '../../support/raw-client/raw-client.js';
import type { Installation } from './installation.js';

interface Machine {
  folder: string;
  port: number;
  broker: BrokerProcess | undefined;
}

/** The brokers of one bus, each with a folder and a port that it keeps over restarts, upgrades and moves. */
export class OperatedBus implements LoadedBus {
  #turn = 0;

  private constructor(
    private readonly t: Test,
    private readonly machines: readonly Machine[],
  ) {}

  static async create(t: Test, brokers: number): Promise<OperatedBus> {
    const machines: Machine[] = [];
    for (const port of await freePorts(brokers)) {
      machines.push({ folder: await temporaryFolder(t), port, broker: undefined });
    }
    return new OperatedBus(t, machines);
  }

  get nextUrl(): string {
    const machine = this.machines[this.#turn++ % this.machines.length] as Machine;
    return `http://127.0.0.1:${machine.port}`;
  }

  address(token: string, encoding: Subprotocol = 'sluice.v1.json'): RawAddress {
    return changingAddress(() => this.nextUrl, { token, encoding });
  }

  dataFolder(index = 0): string {
    return join(this.#at(index).folder, 'data');
  }

  /** Starts a broker with this configuration; its data are in `dataFolder` unless `env` says otherwise. */
  async start(index: number, version: Installation, yaml: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const machine = this.#at(index);
    const config = join(machine.folder, 'sluice.yaml');
    await mkdir(this.dataFolder(index), { recursive: true });
    await writeFile(config, yaml);
    const port = String(machine.port);
    const all = { SLUICE_DATA: this.dataFolder(index), SLUICE_PORT: port, ...env };
    machine.broker = await version.start(this.t, config, all);
  }

  /** As `systemctl stop`: resolves when it has drained. */
  async stop(index = 0): Promise<void> {
    const code = await this.#at(index).broker?.stop();
    this.t.equal(code, 0, 'the broker has drained');
  }

  #at(index: number): Machine {
    const machine = this.machines[index];
    if (!machine) throw new RangeError(`there is no machine ${index}`);
    return machine;
  }
}
