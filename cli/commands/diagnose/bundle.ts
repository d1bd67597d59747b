import { readFile } from 'node:fs/promises';
import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from 'node:os';
import { type ConfigWithoutSecret, parseConfig } from '../../../broker/config.js';
import { VERSION } from '../../../broker/version.js';
import { apiOf, type ConnectionOptions } from '../../connection-options.js';
import { failureOf } from '../../failure.js';
import { lastLogLines } from './log-lines.js';
import { knownSecrets, publicConfig, withoutSecrets } from './redaction.js';

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

/** Collects what it can; a bus that does not answer is the usual reason to ask for a bundle. Throws ConfigError for a wrong configuration. */
export async function supportBundle(options: DiagnoseOptions): Promise<SupportBundle> {
  const missing: string[] = [];
  const part = async <T>(name: string, collect: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await collect();
    } catch (error) {
      const reason =
        (await failureOf(error))?.message ?? (error as NodeJS.ErrnoException).code ?? (error as Error).name;
      missing.push(`${name}: ${reason}`);
      return undefined;
    }
  };
  const api = apiOf(options);
  const config = await part('configuration', () => configOf(options));
  const { log } = options;
  const parts = {
    madeAt: new Date().toISOString(),
    versions: { commandLine: VERSION, node: process.version, system: `${platform()} ${release()} ${arch()}` },
    machine: {
      cores: cpus().length,
      loadAverages: loadavg(),
      uptimeSeconds: uptime(),
      memoryBytes: totalmem(),
      memoryFreeBytes: freemem(),
    },
    bus: await part('whoami', async () => {
      const { version, mode, time } = await api.json<Record<string, unknown>>('/v1/whoami');
      return { version, mode, time };
    }),
    readiness: await part('readiness', () => api.json('/readyz')),
    store: await part('store', () => api.json('/v1/store')),
    configuration: config && publicConfig(config),
    metrics: await part('metrics', () => api.text('/metrics', { accept: 'text/plain' })),
    grantMetrics: await part('metrics of grants', () => api.text('/metrics/grants', { accept: 'text/plain' })),
    log: log === undefined ? undefined : await part('log', () => lastLogLines(log)),
    missing,
  };
  if (log === undefined) missing.push('log: no --log FILE was given');
  const secretInFolder = config && (await readFile(`${config.dataDir}/secret`, 'utf8').catch(() => undefined));
  const secrets = knownSecrets(config, options.token, secretInFolder?.trim());
  // String by string, so that the file stays JSON.
  const clean = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? withoutSecrets(value, secrets) : value;
  return { text: JSON.stringify(parts, clean, 2), missing };
}

/** Reads and makes no secret. */
async function configOf({ config }: DiagnoseOptions): Promise<ConfigWithoutSecret> {
  return parseConfig(process.env, config === undefined ? '' : await readFile(config, 'utf8'));
}
