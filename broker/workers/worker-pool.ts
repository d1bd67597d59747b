import type { BrokerHandle } from '../boot/broker-handle.js';
import { createLogger } from '../boot/logger.js';
import { SERVER_OF_PRIMARY } from '../boot/process-role.js';
import { ReleaseStack } from '../boot/release-stack.js';
import type { Serving } from '../boot/serving/serve-http.js';
import { startServer } from '../boot/start-server.js';
import type { WorkerServing } from '../boot/worker-messages.js';
import type { Config } from '../config.js';
import { Primary } from './primary.js';

/** Makes a broker of several processes on one port: the store in the primary, sessions and requests in the workers. Decision: docs/decisions/0016. */
export async function createWorkerPool(config: Config): Promise<BrokerHandle> {
  const log = createLogger(config.logLevel);
  const releases = new ReleaseStack((what, error) => log.error({ err: error, what }, 'could not be closed'));
  try {
    const env = await workerEnvironment(config, log, releases);
    const primary = new Primary({ workers: config.workers, env, log });
    releases.add('workers', () => primary.drain());
    return new WorkerPool(primary, releases);
  } catch (error) {
    await releases.releaseAll();
    throw error;
  }
}

/** The environment of workers, beside their own configuration. The secret and the store's password are passed by environment alone, never on a command line. */
async function workerEnvironment(
  config: Config,
  log: ReturnType<typeof createLogger>,
  releases: ReleaseStack,
): Promise<Record<string, string>> {
  const shared = { SLUICE_SECRET: config.secret };
  if (config.nats.url !== undefined) return shared;
  const { url, user, pass } = await startServer(config, log, releases);
  return { ...shared, [SERVER_OF_PRIMARY]: '1', SLUICE_NATS: url.replace('://', `://${user}:${pass}@`) };
}

class WorkerPool implements BrokerHandle {
  #serving: WorkerServing | undefined;

  constructor(
    private readonly primary: Primary,
    private readonly releases: ReleaseStack,
  ) {}

  get mustEnd(): Promise<Error> {
    return this.primary.mustEnd;
  }

  get trial(): boolean {
    return this.#serving?.trial ?? false;
  }

  get newOperatorToken(): string | undefined {
    return this.#serving?.newOperatorToken;
  }

  async start(): Promise<Serving> {
    this.#serving = await this.primary.start();
    const { port, url } = this.#serving;
    return { port, url };
  }

  reloadTls(): void {
    this.primary.reloadTls();
  }

  drain(): Promise<void> {
    return this.releases.releaseAll();
  }
}
