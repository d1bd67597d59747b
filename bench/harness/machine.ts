import { availableParallelism, cpus, platform, totalmem } from 'node:os';
import { findNatsServer } from '../../broker/nats/server/find-server.js';

export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  system: string;
  node: string;
  natsServer: string;
}

export async function thisMachine(): Promise<Machine> {
  const { version } = await findNatsServer();
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: platform(),
    node: process.version,
    natsServer: version,
  };
}
