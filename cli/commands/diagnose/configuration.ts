import { readFile } from 'node:fs/promises';
import { ConfigError, givenSettings, parseConfig } from '../../../broker/config.js';
import { CONFIG_DEFAULTS } from '../../../broker/config-shape.js';
import { isMap } from '../../../proto/values/is-map.js';
import { publicSettings, secretsIn } from './redaction.js';

/** The configuration as far as a bundle needs it. */
export interface Configuration {
  /** Settings in effect, or of a configuration that is wrong those that were given, without secrets. */
  shown: object;
  /** Faults of it, without values. */
  problems: readonly string[];
  dataDir: string;
  /** The broker runs its own nats-server. */
  isEmbedded: boolean;
  /** Values that must not be in the bundle. */
  secrets: readonly string[];
}

/**
 * Reads the file and the environment; reads and makes no secret. A wrong configuration is shown too: it may be the reason for the bundle,
 * or the secret may stand in an environment file that only the broker gets.
 */
export async function readConfiguration(file: string | undefined): Promise<Configuration> {
  const text = file === undefined ? '' : await readFile(file, 'utf8');
  const { settings } = givenSettings(process.env, text);
  const { effective, problems } = checked(text);
  const { dataDir, nats } = settings;
  return {
    shown: publicSettings(effective ?? knownSettings(settings)),
    problems,
    dataDir: typeof dataDir === 'string' ? dataDir : CONFIG_DEFAULTS.dataDir,
    isEmbedded: !isMap(nats) || nats.url === undefined,
    secrets: secretsIn(settings),
  };
}

function checked(text: string): { effective: object | undefined; problems: readonly string[] } {
  try {
    return { effective: parseConfig(process.env, text), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { effective: undefined, problems: error.problems };
  }
}

/** Stands for a map whose settings this program has no list of, as that of an identity provider. */
const LEFT_OUT = '(left out)';

/** Without settings that the bus does not know: a misspelt one may hold a secret. */
function knownSettings(settings: Record<string, unknown>, defaults: object = CONFIG_DEFAULTS): object {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([name]) => Object.hasOwn(defaults, name))
      .map(([name, value]) => [name, known(value, (defaults as Record<string, unknown>)[name])]),
  );
}

function known(value: unknown, defaults: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => known(one, undefined));
  if (!isMap(value)) return value;
  return isMap(defaults) ? knownSettings(value, defaults) : LEFT_OUT;
}
