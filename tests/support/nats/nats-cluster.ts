import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Bus, connectBus } from '../../../broker/nats/bus.js';
import { findNatsServer } from '../../../broker/nats/server/find-server.js';
import { eventually } from '../condition.js';
import { freePorts } from './free-ports.js';
import { temporaryFolder } from './nats.js';

/** Three servers elect a meta leader within some seconds; the machine may have much else to do. */
const READY_MS = 60_000;

interface Node {
  name: string;
  port: number;
  monitorPort: number;
  configFile: string;
  child: ChildProcess;
}

export interface ClusterOptions {
  servers?: number;
  /** As in the server's configuration. */
  syncInterval?: 'always' | '100ms';
}

/** Real nats-servers on loopback that form one JetStream cluster; all are ended with the test. */
export class NatsCluster {
  readonly #nodes: Node[];

  private constructor(nodes: Node[]) {
    this.#nodes = nodes;
  }

  /** Resolves when all servers have joined and JetStream has a leader. */
  static async start(t: Test, { servers = 3, syncInterval = 'always' }: ClusterOptions = {}): Promise<NatsCluster> {
    const folder = await temporaryFolder(t);
    const { path: binary } = await findNatsServer();
    const ports = await freePorts(servers * 3);
    const routes = Array.from({ length: servers }, (_, i) => `nats-route://127.0.0.1:${ports[i * 3 + 2]}`);
    const nodes: Node[] = [];
    const cluster = new NatsCluster(nodes);
    t.teardown(() => cluster.#stop());
    for (let i = 0; i < servers; i++) {
      const [port, monitorPort, routePort] = ports.slice(i * 3) as [number, number, number];
      const name = `n${i + 1}`;
      const storeDir = join(folder, name);
      await mkdir(storeDir);
      const configFile = join(folder, `${name}.conf`);
      await writeFile(configFile, configOf({ name, port, monitorPort, routePort, storeDir, syncInterval, routes }));
      nodes.push({ name, port, monitorPort, configFile, child: launch(binary, configFile) });
    }
    cluster.#binary = binary;
    await Promise.all(nodes.map((_, i) => cluster.untilHealthy(i)));
    return cluster;
  }

  #binary = '';

  /** Of all servers, separated by commas. */
  get urls(): string {
    return this.#nodes.map(({ port }) => `nats://127.0.0.1:${port}`).join(',');
  }

  /** A connection to whichever server answers; closed when the test ends. */
  async connect(t: Test, name = 'test'): Promise<Bus> {
    const bus = await connectBus({ servers: this.urls.split(','), name });
    t.teardown(() => bus.close());
    return bus;
  }

  /** Index of the server that a connection is to. */
  indexOf(bus: Bus): number {
    return this.#nodes.findIndex(({ port }) => bus.nc.getServer() === `127.0.0.1:${port}`);
  }

  /** Index of the server that leads a stream. */
  async leaderOf(bus: Bus, stream: string): Promise<number> {
    let leader = -1;
    await eventually(
      async () => {
        const info = await bus.jsm.streams.info(stream).catch(() => undefined);
        leader = this.#nodes.findIndex(({ name }) => name === info?.cluster?.leader);
        return leader >= 0;
      },
      `a leader of ${stream}`,
      READY_MS,
    );
    return leader;
  }

  /** Ends a server as a crash does; resolves when it is gone. */
  async kill(index: number): Promise<void> {
    await end(this.#at(index).child, 'SIGKILL');
  }

  /** Ends a server as its operator does; resolves when it is gone. */
  async stop(index: number): Promise<void> {
    await end(this.#at(index).child, 'SIGTERM');
  }

  /** As when the machine hangs: it answers nothing, and its connections stay open. */
  freeze(index: number): void {
    this.#at(index).child.kill('SIGSTOP');
  }

  thaw(index: number): void {
    this.#at(index).child.kill('SIGCONT');
  }

  /** Starts a killed server again on its store; resolves when it is healthy. */
  async restart(index: number): Promise<void> {
    const node = this.#at(index);
    node.child = launch(this.#binary, node.configFile);
    await this.untilHealthy(index);
  }

  async untilHealthy(index: number, timeoutMs = READY_MS): Promise<void> {
    const { name, monitorPort } = this.#at(index);
    let health = '';
    const isHealthy = async (): Promise<boolean> => {
      health = await healthOf(monitorPort);
      return health === 'ok';
    };
    await eventually(isHealthy, `${name} to be healthy`, timeoutMs).catch((error: Error) => {
      throw new Error(`${error.message}: ${health}`);
    });
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#nodes.map(({ child }) => end(child, 'SIGKILL')));
  }

  #at(index: number): Node {
    const node = this.#nodes[index];
    if (!node) throw new RangeError(`there is no server ${index}`);
    return node;
  }
}

function launch(binary: string, configFile: string): ChildProcess {
  return spawn(binary, ['-c', configFile], { stdio: 'ignore' });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** `ok`, or why not: a server that has not caught up with the meta leader, or a replica that is not current. */
async function healthOf(monitorPort: number): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${monitorPort}/healthz`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? 'ok' : await answer.text();
  } catch (error) {
    return String(error);
  }
}

function configOf(node: {
  name: string;
  port: number;
  monitorPort: number;
  routePort: number;
  storeDir: string;
  syncInterval: string;
  routes: string[];
}): string {
  return `server_name: ${node.name}
listen: "127.0.0.1:${node.port}"
http: "127.0.0.1:${node.monitorPort}"
max_payload: 8388608
jetstream { store_dir: ${JSON.stringify(node.storeDir)}, sync_interval: ${JSON.stringify(node.syncInterval)} }
cluster { name: C, listen: "127.0.0.1:${node.routePort}", routes: ${JSON.stringify(node.routes)} }
`;
}
