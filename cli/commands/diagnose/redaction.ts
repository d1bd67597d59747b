/** Settings whose value never leaves the machine; the bundle says only whether they are set. */
const SECRET_SETTINGS = new Set([
  'secret',
  'bootstrapToken',
  'pass',
  'systemPass',
  'user',
  'systemUser',
  'confirmEnded',
]);
/** Their values are looked for in all that is collected. A user's name is no secret, and may be a usual word. */
const SEARCHED_SETTINGS = new Set(['secret', 'bootstrapToken', 'pass', 'systemPass']);
const SECRET_VARIABLE = /^SLUICE_.*(?:TOKEN|SECRET|PASS|CODE)$/;
const REDACTED = '(redacted)';
/** Shorter values would be found in innocent words. */
const SECRET_LENGTH_MIN = 6;

/** Up to the last `@` of a word: a password may hold one, or a `/`. */
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s,"'<>]*@/gi;
const URL_PARAMETERS = /([?&][\w.-]*(?:token|secret|pass|key|sig|auth|code)[\w.-]*=)[^\s&#"']+/gi;
/** Tokens of the bus, of headers, of identity providers (JWT), seeds of NATS, and private keys. */
const TOKENS =
  /\bslc_[\w-]+|\b(?:Bearer|Basic)\s+\S+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bS[ACNOUX][A-Z2-7]{56}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** `password=…` of a connection string, `token: …` of a message. */
const ASSIGNED =
  /\b(pass(?:word|wd)?|pwd|secret|token|authorization|api[_-]?key)("?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;"'})]+)/gi;
/** Numbers of identity cards and of mobile telephones. */
const PERSONAL_NUMBERS = /(?<![\w.])(?:\d{17}[\dXx]|1[3-9]\d{9})(?![\w.])/g;

/** The settings, in which secrets are `(set)` or `(not set)`. */
export function publicSettings(settings: object): object {
  return JSON.parse(
    JSON.stringify(settings, (name, value: unknown) => {
      if (SECRET_SETTINGS.has(name)) return value === undefined || value === null ? '(not set)' : '(set)';
      return typeof value === 'string' ? withoutSecrets(value, []) : value;
    }),
  ) as object;
}

/** The secrets among settings, and the passwords in their addresses. */
export function secretsIn(settings: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(settings, (name, value: unknown) => {
    if (typeof value !== 'string') return value;
    if (SEARCHED_SETTINGS.has(name)) found.push(value);
    for (const [, password = ''] of value.matchAll(/:\/\/[^\s,:@]*:([^\s,]*)@/g)) found.push(password);
    return value;
  });
  return found;
}

/** Values of our variables that are named like secrets. */
export const secretsOfEnvironment = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(env).flatMap(([name, value]) => (value !== undefined && SECRET_VARIABLE.test(name) ? [value] : []));

/** Those that can be looked for, the longest first: one may contain another. */
export const searchable = (secrets: readonly (string | undefined)[]): string[] =>
  secrets
    .filter((value): value is string => value !== undefined && value.length >= SECRET_LENGTH_MIN)
    .sort((a, b) => b.length - a.length);

/** Takes known secrets, tokens, keys and credentials in addresses out of a text, whatever brought them there. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
    .replace(TOKENS, REDACTED)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
    .replace(URL_PARAMETERS, `$1${REDACTED}`);
}

/** A sentence of a log: what a message quotes of a connection string, or of a record, as well. */
export const publicSentence = (text: string): string =>
  withoutSecrets(text, []).replace(ASSIGNED, `$1$2${REDACTED}`).replace(PERSONAL_NUMBERS, REDACTED);
