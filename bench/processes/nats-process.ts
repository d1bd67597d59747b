import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNatsServer } from '../../broker/nats/server/find-server.js';
import type { BenchRun } from '../harness/bench-run.js';
import { waitUntil } from '../harness/wait-until.js';
import { endProcess, killAtExit } from './child-process.js';

const START_MS_MAX = 20_000;

/** A nats-server on its own, the peer to compare with: strictly durable, with a WebSocket listener. */
export interface NatsProcess {
  pid: number;
  /** `nats://…` */
  url: string;
  webSocketPort: number;
  end(): Promise<void>;
}

export async function startNatsServer(run: BenchRun, name: string): Promise<NatsProcess> {
  const folder = join(run.folder, name);
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'nats-server.conf');
  await writeFile(configFile, configuration(folder));
  const { path } = await findNatsServer();
  const child = spawn(path, ['-c', configFile], { stdio: 'ignore' });
  killAtExit(child);
  run.defer(() => endProcess(child));
  let ports: Ports | undefined;
  await waitUntil(`the start of ${name}`, START_MS_MAX, async () => {
    ports = await readPorts(folder);
    return ports !== undefined;
  });
  const { nats, websocket } = ports as unknown as Ports;
  return {
    pid: child.pid as number,
    url: nats[0] as string,
    webSocketPort: Number(new URL(websocket[0] as string).port),
    end: () => endProcess(child),
  };
}

/** The same durability as the broker's embedded server. */
function configuration(folder: string): string {
  return `listen: "127.0.0.1:-1"
ports_file_dir: ${JSON.stringify(folder)}
log_file: ${JSON.stringify(join(folder, 'nats-server.log'))}
websocket { listen: "127.0.0.1:-1", no_tls: true, compression: false }
jetstream { store_dir: ${JSON.stringify(folder)}, sync_interval: always, limits { default_max_consumers: -1 } }
`;
}

interface Ports {
  nats: string[];
  websocket: string[];
}

async function readPorts(folder: string): Promise<Ports | undefined> {
  try {
    const name = (await readdir(folder)).find((file) => file.endsWith('.ports'));
    return name === undefined ? undefined : (JSON.parse(await readFile(join(folder, name), 'utf8')) as Ports);
  } catch {
    // A file that is half written is read again by the next poll.
    return undefined;
  }
}
