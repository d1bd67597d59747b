import type { ConfigWithoutSecret } from '../../../broker/config.js';

/** Settings whose value never leaves the machine; the bundle says only whether they are set. */
const SECRET_SETTINGS = new Set(['secret', 'bootstrapToken', 'pass', 'systemPass', 'user', 'systemUser']);
const TOKEN = /\bslc_[A-Za-z0-9_-]+|\bBearer\s+\S+/g;
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
const REDACTED = '(redacted)';
/** Shorter values would be found in innocent words. */
const SECRET_LENGTH_MIN = 6;

/** The configuration in effect, in which secrets are `(set)` or `(not set)`. */
export function publicConfig(config: ConfigWithoutSecret): object {
  return JSON.parse(
    JSON.stringify(config, (name, value: unknown) => {
      if (SECRET_SETTINGS.has(name)) return value === undefined || value === null ? '(not set)' : '(set)';
      return typeof value === 'string' ? value.replace(URL_CREDENTIALS, `$1${REDACTED}@`) : value;
    }),
  ) as object;
}

/** The values that must not be in a bundle, as this process knows them. */
export function knownSecrets(config: ConfigWithoutSecret | undefined, ...others: (string | undefined)[]): string[] {
  const { secret, bootstrapToken, nats } = config ?? {};
  return [secret, bootstrapToken, nats?.pass, nats?.systemPass, ...others].filter(
    (value): value is string => value !== undefined && value.length >= SECRET_LENGTH_MIN,
  );
}

/** Takes known secrets, tokens and credentials in addresses out of a text, whatever brought them there. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
    .replace(TOKEN, REDACTED)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`);
}
