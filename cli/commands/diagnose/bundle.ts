import { readFile } from 'node:fs/promises';
import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../../../broker/version.js';
import { apiOf, type ConnectionOptions } from '../../connection-options.js';
import { failureOf } from '../../failure.js';
import { readConfiguration } from './configuration.js';
import { dataFolder } from './data-folder.js';
import { lastLogLines, lastServerLines } from './log-lines.js';
import { searchable, secretsOfEnvironment, withoutSecrets } from './redaction.js';

export interface DiagnoseOptions extends ConnectionOptions {
  config?: string;
  log?: string;
}

export interface SupportBundle {
  /** The file's content: JSON without secrets. */
  text: string;
  /** Parts that could not be collected, in words. */
  missing: string[];
}

/** A bus that hangs is asked for all parts at the same time, and for no longer than this. */
const ANSWER_MS_MAX = 10_000;

/** Collects what it can; a bus that does not answer, or does not start, is the usual reason to ask for a bundle. */
export async function supportBundle(options: DiagnoseOptions): Promise<SupportBundle> {
  const missing: string[] = [];
  const part: Part = async (name, collect) => {
    try {
      return await collect();
    } catch (error) {
      missing.push(`${name}: ${await reasonOf(error)}`);
      return undefined;
    }
  };
  const config = await part('configuration', () => readConfiguration(options.config));
  if (config && config.problems.length > 0)
    missing.push(`a configuration that is right: ${config.problems.join('; ')}`);
  if (options.config === undefined) missing.push('configuration file: no --config FILE was given');
  const [ofBus, folder, log, natsServerLog] = await Promise.all([
    askBus(options, part),
    config && part('data folder', () => dataFolder(config.dataDir)),
    part('log', () => lastLogLines(options.log)),
    config?.isEmbedded
      ? part('log of nats-server', () => lastServerLines(join(config.dataDir, 'nats-server.log')))
      : undefined,
  ]);
  const parts = {
    madeAt: new Date().toISOString(),
    versions: { commandLine: VERSION, node: process.version, system: `${platform()} ${release()} ${arch()}` },
    machine: machine(),
    ...ofBus,
    configuration: config?.shown,
    configurationProblems: config?.problems,
    dataFolder: folder,
    log,
    natsServerLog,
    missing: missing.sort(),
  };
  const inFolder = config && (await readFile(join(config.dataDir, 'secret'), 'utf8').catch(() => undefined));
  const { token } = options;
  const secrets = searchable([
    token,
    inFolder?.trim(),
    ...(config?.secrets ?? []),
    ...secretsOfEnvironment(process.env),
  ]);
  // String by string, so that the file stays JSON.
  const clean = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? withoutSecrets(value, secrets) : value;
  return { text: JSON.stringify(parts, clean, 2), missing };
}

/** Collects a part, or notes why it is missing. */
type Part = <T>(name: string, collect: () => Promise<T>) => Promise<T | undefined>;

async function askBus(options: ConnectionOptions, part: Part) {
  const api = apiOf(options);
  const ask = { timeoutMs: ANSWER_MS_MAX };
  const text = { timeoutMs: ANSWER_MS_MAX, accept: 'text/plain' };
  const [bus, readiness, store, metrics, grantMetrics] = await Promise.all([
    part('whoami', async () => {
      const { version, mode, time } = await api.json<Record<string, unknown>>('/v1/whoami', ask);
      return { version, mode, time };
    }),
    part('readiness', () => api.json('/readyz', ask)),
    part('store', () => api.json('/v1/store', ask)),
    part('metrics', () => api.text('/metrics', text)),
    part('metrics of grants', () => api.text('/metrics/grants', text)),
  ]);
  return { bus, readiness, store, metrics, grantMetrics };
}

const machine = (): object => ({
  cores: cpus().length,
  loadAverages: loadavg(),
  uptimeSeconds: uptime(),
  memoryBytes: totalmem(),
  memoryFreeBytes: freemem(),
});

async function reasonOf(error: unknown): Promise<string> {
  const failure = await failureOf(error);
  if (failure) return [failure.message, ...failure.problems].join('; ');
  return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
}
