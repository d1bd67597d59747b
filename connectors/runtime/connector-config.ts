import { dirname, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { parse as parseYaml } from 'yaml';
import { ConnectorConfigError } from './connector-errors.js';

/** The part of a configuration file that all connectors share; `settings` belong to the connector itself. */
export interface ConnectorConfig {
  name: string;
  connector: string;
  bus: { url: string; token: string };
  /** Port of `/metrics` on the loopback address. 0 takes a free one, undefined opens none. */
  metricsPort: number | undefined;
  stateFolder: string;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Not checked yet: the connector does it with `checkSettings`. */
  settings: unknown;
}

export type Schema = Record<string, unknown>;

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,39}$' },
    connector: { type: 'string' },
    bus: {
      type: 'object',
      properties: { url: { type: 'string', pattern: '^(https?|wss?)://' }, token: { type: 'string', minLength: 1 } },
      required: ['url', 'token'],
      additionalProperties: false,
    },
    metrics: {
      type: 'object',
      properties: { port: { type: 'integer', minimum: 0, maximum: 65_535 } },
      required: ['port'],
      additionalProperties: false,
    },
    stateFolder: { type: 'string', default: 'state' },
    logLevel: { enum: ['debug', 'info', 'warn', 'error', 'silent'], default: 'info' },
    settings: { type: 'object', default: {} },
  },
  required: ['name', 'connector', 'bus'],
  additionalProperties: false,
};

/**
 * Parses a connector's YAML. `${NAME}` in a string is replaced from the environment, so that the file need not hold secrets.
 * Throws ConnectorConfigError, which lists every problem.
 */
export function parseConnectorConfig(yamlText: string, path: string, env: NodeJS.ProcessEnv): ConnectorConfig {
  const missing: string[] = [];
  const document = withEnvironment(yamlOf(yamlText), env, missing);
  if (missing.length > 0) throw new ConnectorConfigError(missing.map((name) => `the environment has no ${name}`));
  const { metrics, stateFolder, ...config } = checkSettings<
    Omit<ConnectorConfig, 'metricsPort'> & { metrics?: { port: number } }
  >(document, SCHEMA, '');
  return { ...config, metricsPort: metrics?.port, stateFolder: resolve(dirname(path), stateFolder) };
}

/**
 * Returns the value with the defaults of the schema. Throws ConnectorConfigError, whose problems name the path in the file; `at`
 * is the path of the value itself.
 */
export function checkSettings<Settings>(value: unknown, schema: Schema, at = 'settings'): Settings {
  const validate = new Ajv({ allErrors: true, useDefaults: true, strict: false }).compile(schema);
  const copy = structuredClone(value);
  if (validate(copy)) return copy as Settings;
  throw new ConnectorConfigError((validate.errors ?? []).map((error) => describe(error, at)));
}

function yamlOf(text: string): unknown {
  try {
    return parseYaml(text) ?? {};
  } catch (error) {
    throw new ConnectorConfigError([`the file is not YAML: ${(error as Error).message.split('\n')[0]}`]);
  }
}

function withEnvironment(value: unknown, env: NodeJS.ProcessEnv, missing: string[]): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_all, name: string) => {
      const found = env[name];
      if (found === undefined) missing.push(name);
      return found ?? '';
    });
  }
  if (Array.isArray(value)) return value.map((one) => withEnvironment(one, env, missing));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withEnvironment(one, env, missing)]));
}

function describe({ instancePath, message, params }: ErrorObject, at: string): string {
  const place = `${at}${instancePath}`.replace(/^\//, '').replaceAll('/', '.') || 'the file';
  const { additionalProperty } = params as { additionalProperty?: string };
  if (additionalProperty !== undefined) return `${place} has an unknown key ${additionalProperty}`;
  return `${place} ${message ?? 'is wrong'}`;
}
