import { dirname, resolve } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { addressProblem, headerProblems, tokenProblem } from '../../client/service-settings.js';
import { schemaProblem } from '../../proto/schema-problem.js';
import { valuelessKeys } from '../../proto/valueless-keys.js';
import { parseExactYaml, yamlFault } from '../../proto/values/exact-yaml.js';
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
  /** Folder of the configuration file, from which relative paths in `settings` count. */
  folder: string;
}

export type Schema = Record<string, unknown>;

/** Timers of Node count up to 2^31 ms and take a longer wait for none. */
const SECONDS_MAX = 2_000_000;

/** A duration in the settings of a connector, which `msOf` makes one for timers. */
export const secondsSchema = (byDefault: number, minimum = 0.001): Schema => ({
  type: 'number',
  minimum,
  maximum: SECONDS_MAX,
  default: byDefault,
});

/** Whole milliseconds: some timers refuse fractions. */
export const msOf = (seconds: number): number => Math.round(seconds * 1000);

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,39}$' },
    connector: { type: 'string' },
    bus: {
      type: 'object',
      properties: { url: { type: 'string' }, token: { type: 'string' } },
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
  const { settings, problems } = checkedAgainst<
    Omit<ConnectorConfig, 'metricsPort' | 'folder'> & { metrics?: { port: number } }
  >(document, SCHEMA, '');
  problems.push(...busProblems(document));
  if (problems.length > 0) throw new ConnectorConfigError(problems);
  const { metrics, stateFolder, ...config } = settings;
  const folder = dirname(resolve(path));
  return { ...config, metricsPort: metrics?.port, stateFolder: resolve(folder, stateFolder), folder };
}

function busProblems(document: unknown): string[] {
  const { url, token } = (document as { bus?: { url?: unknown; token?: unknown } | null })?.bus ?? {};
  return [
    ...problemAt('bus.url', typeof url === 'string' ? addressProblem(url, ['http', 'https', 'ws', 'wss']) : undefined),
    ...problemAt('bus.token', typeof token === 'string' ? tokenProblem(token) : undefined),
  ];
}

/** Checks the address and headers of a service that a connector calls. Throws ConnectorConfigError, which repeats neither. */
export function checkService({ url, headers }: { url: string; headers: Readonly<Record<string, string>> }): void {
  const problems = [
    ...problemAt('settings.url', addressProblem(url)),
    ...headerProblems(headers).map((problem) => `settings.headers: ${problem}`),
  ];
  if (problems.length > 0) throw new ConnectorConfigError(problems);
}

const problemAt = (path: string, problem: string | undefined): string[] => (problem ? [`${path} ${problem}`] : []);

/**
 * Returns the value with the defaults of the schema. Throws ConnectorConfigError, whose problems name the path in the file; `at`
 * is the path of the value itself.
 */
export function checkSettings<Settings>(value: unknown, schema: Schema, at = 'settings'): Settings {
  const { settings, problems } = checkedAgainst<Settings>(value, schema, at);
  if (problems.length > 0) throw new ConnectorConfigError(problems);
  return settings;
}

/** Schemas are the program's own, so no meta-schema is compiled to check them. */
const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, meta: false, validateSchema: false });
const compiled = new WeakMap<Schema, ValidateFunction>();

function compiledOf(schema: Schema): ValidateFunction {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

function checkedAgainst<Settings>(
  value: unknown,
  schema: Schema,
  at: string,
): { settings: Settings; problems: string[] } {
  const settings = structuredClone(value) as Settings;
  const valueless = valuelessKeys(value, at);
  if (valueless.length > 0) return { settings, problems: valueless };
  const validate = compiledOf(schema);
  const isValid = validate(settings);
  return { settings, problems: isValid ? [] : (validate.errors ?? []).map((error) => describe(error, at)) };
}

function yamlOf(text: string): unknown {
  try {
    return parseExactYaml(text) ?? {};
  } catch (error) {
    throw new ConnectorConfigError([`the file is not YAML: ${yamlFault(error)}`]);
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

function describe(error: ErrorObject, at: string): string {
  const { instancePath, keyword, message, params } = error;
  const path = `${at}${instancePath}`.replace(/^\//, '').replaceAll('/', '.') || 'the file';
  const { additionalProperty } = params as { additionalProperty?: string };
  if (additionalProperty !== undefined) return `${path} has an unknown key ${additionalProperty}`;
  return `${path} ${keyword === 'enum' ? schemaProblem(error) : (message ?? 'is wrong')}`;
}
