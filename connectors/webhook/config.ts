import { checkService, checkSettings, msOf, secondsSchema } from '../runtime/connector-config.js';
import { ConnectorConfigError } from '../runtime/connector-errors.js';

export interface WebhookConfig {
  grant: string;
  cursor: string;
  url: string;
  /** Keys to sign with; several while the receiver changes its key. */
  secrets: Buffer[];
  headers: Record<string, string>;
  timeoutMs: number;
  /** Records that are called for at a time, with one event of each. */
  parallel: number;
  /** Attempts per event before it becomes a dead letter. */
  attemptsMax: number;
  firstRetryMs: number;
}

interface Settings extends Omit<WebhookConfig, 'secrets' | 'timeoutMs' | 'attemptsMax' | 'firstRetryMs'> {
  secret: string | string[];
  timeoutSeconds: number;
  attempts: number;
  firstRetrySeconds: number;
}

const SECRET = { type: 'string', pattern: '^whsec_[A-Za-z0-9+/]+={0,2}$' };
/** Bounds of a key in the specification of Standard Webhooks. */
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;

const SCHEMA = {
  type: 'object',
  properties: {
    grant: { type: 'string', minLength: 1 },
    cursor: { type: 'string', minLength: 1, default: 'default' },
    url: { type: 'string' },
    secret: { anyOf: [SECRET, { type: 'array', items: SECRET, minItems: 1, maxItems: 4 }] },
    headers: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    timeoutSeconds: secondsSchema(15),
    parallel: { type: 'integer', minimum: 1, maximum: 100, default: 8 },
    attempts: { type: 'integer', minimum: 1, maximum: 20, default: 5 },
    firstRetrySeconds: secondsSchema(1),
  },
  required: ['grant', 'url', 'secret'],
  additionalProperties: false,
};

export function parseWebhookConfig(settings: unknown): WebhookConfig {
  const { secret, timeoutSeconds, attempts, firstRetrySeconds, ...rest } = checkSettings<Settings>(settings, SCHEMA);
  checkService(rest);
  const secrets = [secret].flat().map((text) => Buffer.from(text.slice('whsec_'.length), 'base64'));
  if (secrets.some(({ length }) => length < SECRET_BYTES_MIN || length > SECRET_BYTES_MAX)) {
    throw new ConnectorConfigError([`secret must be ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes`]);
  }
  return {
    ...rest,
    secrets,
    timeoutMs: msOf(timeoutSeconds),
    attemptsMax: attempts,
    firstRetryMs: msOf(firstRetrySeconds),
  };
}
