import { Ajv, type ErrorObject } from 'ajv';

/** What holds where neither the file nor the environment says otherwise. */
export const CONFIG_DEFAULTS = {
  host: '127.0.0.1',
  port: 8080,
  dataDir: '.sluice',
  nats: {
    ...{ url: undefined, user: undefined, pass: undefined, serverPath: undefined },
    ...{ systemUser: undefined, systemPass: undefined },
  },
  // Several partitions sync side by side; more than the disks can do at once bring nothing.
  partitions: 4,
  replicas: 1,
  workers: 1,
  durability: 'strict',
  maxEventBytes: 256 * 1024,
  maxBytesPerPartition: undefined,
  heartbeatMs: 10_000,
  session: {
    // A publish frame of some events at the size limit, and the size of the greatest frame that goes out.
    maxFrameBytes: 1024 * 1024,
    maxSubscriptions: 200,
    maxCredit: 100_000,
    maxPublishEvents: 1000,
    // Four frames of the greatest size: the engine stops feeding a session long before.
    maxBufferedBytes: 4 * 1024 * 1024,
    stuffedMs: 30_000,
    // About 50 KiB each, before anything waits in their sockets.
    maxSessions: 20_000,
  },
  // Longer than a leader election (4 to 8 s): one must not end every session.
  ledgerSightMs: 15_000,
  platformRegistration: undefined,
  logLevel: 'info',
  bootstrapToken: undefined,
  restored: false,
  secret: undefined,
};

const count = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum });
const text = { type: 'string', minLength: 1 };
const map = (properties: Record<string, object>, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const SHAPE = {
  ...map({
    host: text,
    port: count(0, 65_535),
    dataDir: text,
    nats: map({
      url: { type: 'string', format: 'nats-url' },
      ...{ user: text, pass: text, systemUser: text, systemPass: text, serverPath: text },
    }),
    partitions: count(1, 64),
    replicas: { enum: [1, 3, 5] },
    workers: count(1, 64),
    durability: { enum: ['strict', 'relaxed'] },
    // Above 768 KiB an event with its envelope would not fit into one message of a NATS server with default limits.
    maxEventBytes: count(1024, 768 * 1024),
    maxBytesPerPartition: count(1024 * 1024, Number.MAX_SAFE_INTEGER),
    heartbeatMs: count(100, 300_000),
    session: map({
      maxFrameBytes: count(64 * 1024, 64 * 1024 * 1024),
      maxSubscriptions: count(1, 10_000),
      maxCredit: count(1, 1_000_000),
      maxPublishEvents: count(1, 10_000),
      maxBufferedBytes: count(2 * 1024 * 1024, 256 * 1024 * 1024),
      stuffedMs: count(100, 600_000),
      maxSessions: count(1, 1_000_000),
    }),
    ledgerSightMs: count(1000, 300_000),
    platformRegistration: map({ platform: text, owner: text, number: text, upperNode: text }, [
      'platform',
      'owner',
      'number',
    ]),
    logLevel: { enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
    bootstrapToken: text,
    restored: { type: 'boolean' },
    secret: { type: 'string', minLength: 32 },
  }),
};

/** A trial may use a token that is easy to type; a registered platform may not. */
const TOKEN_LENGTH_MIN = 24;

const ajv = new Ajv({ allErrors: true, formats: { 'nats-url': isNatsUrl } });
const check = ajv.compile(SHAPE);

/** Every problem in words, without values: some of them are secrets. */
export function configProblems(settings: Record<string, unknown>): string[] {
  const problems = check(settings) ? [] : (check.errors ?? []).map(describe);
  const url = (settings.nats as { url?: unknown } | undefined)?.url;
  if (url !== undefined && settings.secret === undefined) {
    problems.push('secret (SLUICE_SECRET) must be given with an external NATS: all its brokers share it');
  }
  const token = settings.bootstrapToken;
  if (settings.platformRegistration !== undefined && typeof token === 'string' && token.length < TOKEN_LENGTH_MIN) {
    problems.push(`bootstrapToken must have at least ${TOKEN_LENGTH_MIN} characters outside trial mode`);
  }
  return problems;
}

function describe(error: ErrorObject): string {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'additionalProperties') {
    return `${path === '' ? '' : `${path}.`}${String(error.params.additionalProperty)} is not a known setting`;
  }
  const allowed = error.keyword === 'enum' ? `: ${(error.params.allowedValues as unknown[]).join(', ')}` : '';
  const what = error.keyword === 'format' ? 'must be a nats:// or tls:// URL' : error.message;
  return `${path === '' ? 'the file' : path} ${what}${allowed}`;
}

/** One server, or several of a cluster separated by commas. */
function isNatsUrl(text: string): boolean {
  return text.split(',').every((one) => {
    const hasScheme = one.includes('://');
    return URL.canParse(hasScheme ? one : `nats://${one}`) && (!hasScheme || /^(nats|tls):\/\//.test(one));
  });
}
