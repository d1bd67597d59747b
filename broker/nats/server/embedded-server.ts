import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { atTicks } from '../../../proto/async/shared-ticks.js';
import { diskSpace } from '../space/disk-space.js';
import { keptBack } from '../space/free-space.js';
import { GROUP_COMMIT_VERSION, isAtLeast, MINIMUM_VERSION, ServerNotFoundError, serverVersion } from './find-server.js';
import { lockFolder } from './folder-lock.js';
import { processesWithArgument } from './process-list.js';
import type { Durability, ServerConfig } from './server-config.js';
import { serverConfig } from './server-config.js';
import type { ServerProcess } from './server-process.js';
import { launchServer } from './server-process.js';
import { stopProcess } from './stop-process.js';
import { syncMetadata } from './sync-metadata.js';

export interface EmbeddedOptions {
  binary: string;
  storeDir: string;
  /** `strict` syncs every acknowledged write; `relaxed` every 100 ms: a power cut may take that much. */
  durability: Durability;
  logFile?: string | undefined;
  /** Limit of everything stored, in bytes before compression; undefined leaves it to the disk. */
  maxStoreBytes?: number | undefined;
  /** Called with texts for the operator: an orphan that was ended, a crash, a restart. */
  onNotice?: ((text: string) => void) | undefined;
}

/** Above every disk: brokers measure what is left of the disk themselves (docs/decisions/0050). */
const NO_LIMIT_BYTES = 2 ** 50;
const HEALTH_INTERVAL_MS = 1_000;
/** While much of the disk is free the server is asked at every fifth interval: it stops to write where the disk ends. */
const AMPLE_HEALTH_TICKS = 5;
/** The server's health names the stream that it has stopped to write, until it is started again. */
const WRITE_STOPPED = /write error/;
const RESTART_WAIT_MIN_MS = 50;
/** A server that cannot come back (disk gone) is retried at this interval for ever; readiness reports it meanwhile. */
const RESTART_WAIT_MAX_MS = 5_000;
/** After this long without a crash the next restart is quick again. */
const STABLE_AFTER_MS = 60_000;

/**
 * Starts a nats-server that belongs to this process and its folder; rejects with its last log lines when that fails.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  await mkdir(options.storeDir, { recursive: true, mode: 0o700 });
  const storeDir = realpathSync(resolve(options.storeDir));
  const unlock = await lockFolder(storeDir);
  try {
    const version = await checkVersion(options);
    const configFile = join(storeDir, 'nats-server.conf');
    await endOrphans(configFile, options);
    const config: ServerConfig = {
      version,
      storeDir,
      durability: options.durability,
      maxStoreBytes: options.maxStoreBytes ?? NO_LIMIT_BYTES,
      logFile: options.logFile ? resolve(options.logFile) : join(storeDir, 'nats-server.log'),
      port: 0,
      user: 'sluice',
      pass: randomBytes(24).toString('base64url'),
      monitorPath: `/${randomBytes(16).toString('hex')}`,
    };
    const launch = () => launchWith(options.binary, configFile, config);
    const running = await launch();
    // From now on the same port, so that connections find the server again after a crash.
    config.port = running.port;
    return new EmbeddedServer({ config, running, launch, unlock, onNotice: options.onNotice });
  } catch (error) {
    await unlock();
    throw error;
  }
}

interface EmbeddedParts {
  config: ServerConfig;
  running: ServerProcess;
  launch: () => Promise<ServerProcess>;
  unlock: () => Promise<void>;
  onNotice: ((text: string) => void) | undefined;
}

/** A running nats-server that is restarted when it crashes and ends with this process. */
export class EmbeddedServer {
  readonly user: string;
  readonly pass: string;
  readonly url: string;
  readonly version: string;
  readonly #parts: EmbeddedParts;
  #running: ServerProcess;
  #runningSinceMs = performance.now();
  #restartWaitMs = RESTART_WAIT_MIN_MS;
  #restarting: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  readonly #endHealthTicks: () => void;
  #isCheckingHealth = false;
  #healthTicks = 0;
  /** Little of the disk was free at the last look. */
  #isLow = false;
  /** Process that has stopped to write a stream: only its end brings the stream back. */
  #stalledPid: number | undefined;
  #stopping: Promise<void> | undefined;
  readonly #onProcessExit = () => this.#running.child.kill('SIGTERM');

  constructor(parts: EmbeddedParts) {
    this.#parts = parts;
    this.#running = parts.running;
    this.user = parts.config.user;
    this.pass = parts.config.pass;
    this.url = `nats://127.0.0.1:${parts.running.port}`;
    this.version = parts.config.version;
    process.once('exit', this.#onProcessExit);
    this.#watch();
    this.#endHealthTicks = atTicks(HEALTH_INTERVAL_MS, () => {
      if (this.#isLow || this.#healthTicks++ % AMPLE_HEALTH_TICKS === 0) void this.#checkHealth();
    });
  }

  /** Id of the current process; changes with a restart. */
  get pid(): number {
    return this.#running.pid;
  }

  /** Syncs the files that describe the streams; call it after making streams under `relaxed`, which does not. */
  syncMetadata(): Promise<void> {
    return syncMetadata(join(this.#parts.config.storeDir, 'jetstream'));
  }

  /** Ends the server cleanly and frees the folder; safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#endHealthTicks();
    this.#wake?.();
    await this.#restarting;
    const { child, pid, exited } = this.#running;
    child.ref();
    if (child.exitCode === null && child.signalCode === null) {
      const [self] = (await processesWithArgument(this.#configFile)).filter((found) => found.pid === pid);
      if (self) await stopProcess(pid, self.startedAt);
    }
    await exited;
    process.off('exit', this.#onProcessExit);
    await this.#parts.unlock();
  }

  get #configFile(): string {
    return join(this.#parts.config.storeDir, 'nats-server.conf');
  }

  #watch(): void {
    // It must not keep a process alive that has nothing else to do.
    this.#running.child.unref();
    this.#runningSinceMs = performance.now();
    void this.#running.exited.then((why) => {
      if (this.#stopping) return;
      this.#parts.onNotice?.(`nats-server ended (${why}); starting it again`);
      this.#restarting = this.#restart();
    });
  }

  /**
   * A server that has met the end of the disk stops to answer for the stream that it wrote, for good, though there may be
   * room again. It is ended then, and comes back like one that has crashed.
   */
  async #checkHealth(): Promise<void> {
    if (this.#isCheckingHealth || this.#stopping) return;
    this.#isCheckingHealth = true;
    try {
      const { pid, child } = this.#running;
      const space = await diskSpace(this.#parts.config.storeDir);
      this.#isLow = space.free < 2 * keptBack(space);
      if (this.#stalledPid !== pid) {
        const health = await this.#running.health();
        if (!WRITE_STOPPED.test(health)) return;
        this.#stalledPid = pid;
        this.#parts.onNotice?.(`nats-server has stopped to write: ${health}; it is started again when there is room`);
      }
      if (space.free > keptBack(space) / 2 && !this.#stopping) child.kill('SIGTERM');
    } catch (error) {
      this.#parts.onNotice?.(`the health of nats-server could not be checked: ${String(error)}`);
    } finally {
      this.#isCheckingHealth = false;
    }
  }

  async #restart(): Promise<void> {
    if (performance.now() - this.#runningSinceMs > STABLE_AFTER_MS) this.#restartWaitMs = RESTART_WAIT_MIN_MS;
    while (!this.#stopping) {
      await this.#wait(this.#restartWaitMs);
      this.#restartWaitMs = Math.min(this.#restartWaitMs * 2, RESTART_WAIT_MAX_MS);
      if (this.#stopping) return;
      try {
        this.#running = await this.#parts.launch();
        this.#parts.onNotice?.(`nats-server is back as process ${this.#running.pid}`);
        return this.#watch();
      } catch (error) {
        this.#parts.onNotice?.(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

async function checkVersion(options: EmbeddedOptions): Promise<string> {
  const version = await serverVersion(options.binary);
  if (version === undefined) throw new ServerNotFoundError(`${options.binary} is not a nats-server that runs here`);
  if (!isAtLeast(version, MINIMUM_VERSION)) {
    throw new ServerNotFoundError(`${options.binary} is ${version}; ${MINIMUM_VERSION} or newer is needed`);
  }
  if (options.durability === 'strict' && !isAtLeast(version, GROUP_COMMIT_VERSION)) {
    options.onNotice?.(
      `nats-server ${version} syncs every message of a batch by itself; ${GROUP_COMMIT_VERSION} or newer commits them as a group, many times faster`,
    );
  }
  return version;
}

/** A broker that was killed leaves its server running; two servers on one folder would ruin it. */
async function endOrphans(configFile: string, options: EmbeddedOptions): Promise<void> {
  for (const orphan of await processesWithArgument(configFile)) {
    if (!orphan.command.some((part) => part.includes('nats-server'))) continue;
    options.onNotice?.(`ending nats-server ${orphan.pid}, left behind by a broker that was killed`);
    await stopProcess(orphan.pid, orphan.startedAt);
  }
}

async function launchWith(binary: string, configFile: string, config: ServerConfig): Promise<ServerProcess> {
  await writeFile(configFile, serverConfig(config), { mode: 0o600 });
  const { storeDir, logFile, monitorPath } = config;
  return launchServer({ binary, configFile, storeDir, logFile, monitorPath });
}
