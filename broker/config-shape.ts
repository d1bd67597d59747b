import { BlockList, isIP } from 'node:net';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** The values that hold where neither the file nor the environment sets another. */
export const CONFIG_DEFAULTS = {
  host: '127.0.0.1',
  port: 8080,
  dataDir: '.sluice',
  nats: {
    url: undefined,
    user: undefined,
    pass: undefined,
    serverPath: undefined,
    systemUser: undefined,
    systemPass: undefined,
  },
  // Several partitions sync side by side; more than the disks can do at once bring nothing.
  partitions: 4,
  replicas: 1,
  workers: 1,
  durability: 'strict',
  maxEventBytes: 256 * 1024,
  maxBytesPerPartition: undefined,
  heartbeatMs: 10_000,
  coalesceAbovePercent: 70,
  session: {
    // A publish frame of some events at the size limit, and the size of the largest frame that goes out.
    maxFrameBytes: 1024 * 1024,
    maxSubscriptions: 200,
    maxCredit: 100_000,
    maxPublishEvents: 1000,
    // Four frames of the largest size: the engine stops feeding a session long before.
    maxBufferedBytes: 4 * 1024 * 1024,
    stalledMs: 30_000,
    compression: true,
    // About 50 KiB each, before anything waits in their sockets.
    maxSessions: 20_000,
  },
  http: {
    // Derived from the descriptors that the process may open.
    maxConnections: undefined,
    // A department that needs more long-lived connections than this has a client that leaks them.
    maxStreamsPerSystem: 2000,
    maxBodyBytesInMemory: 32 * 1024 * 1024,
    trustedProxies: [],
    corsOrigins: [],
  },
  quotas: {
    eventsPerSecond: undefined,
    storedBytes: undefined,
    // Per system. A quarantine that fills belongs to a source that nobody looks after.
    quarantineEvents: 100_000,
    // Per party: a whole province has 40,000 entries.
    drafts: 50_000,
    // Per system: far more than one system has grants.
    cursors: 10_000,
    // Per system: three hundred lists of ten thousand keys.
    narrowingBytesPerDay: 64 * 1024 * 1024,
    // Per party: ten thousand scanned papers of a megabyte.
    attachmentBytes: 10 * 1024 * 1024 * 1024,
  },
  // Off without an address.
  traces: { otlpUrl: undefined, sampleRatio: 0.01 },
  tls: { cert: undefined, key: undefined, clientCa: undefined },
  // Longer than a leader election (4 to 8 s), which must not end every session.
  ledgerSightMs: 15_000,
  leakCheck: { intervalMs: 60_000, cpuPercent: 0.5 },
  platformRegistration: undefined,
  founding: undefined,
  oidc: [],
  testClock: false,
  closingHour: 24,
  supplementPause: true,
  // Working days.
  localTargetDays: 30,
  changeLeadDays: 20,
  alarms: undefined,
  alarmsSuspect: false,
  webhookAllow: [],
  logLevel: 'info',
  bootstrapToken: undefined,
  restored: false,
  // Derived from the data folder.
  rightsJournal: undefined,
  confirmEnded: undefined,
  secret: undefined,
};

/** Old name of a setting → its name now. The old one is taken for one release, with a warning at the start. */
export const RENAMED_SETTINGS: readonly { map: string; from: string; to: string }[] = [
  { map: 'session', from: 'stuffedMs', to: 'stalledMs' },
];

const count = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum });
const string = { type: 'string', minLength: 1 };
const map = (properties: Record<string, object>, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** An address, or the keys themselves. Keys that came over a network in the clear would let whoever is on it sign in as anybody. */
const JWKS = {
  type: ['string', 'object'],
  format: 'jwks-url',
  properties: { keys: { type: 'array', items: { type: 'object' }, minItems: 1, maxItems: 100 } },
  required: ['keys'],
  additionalProperties: false,
};

const SHAPE = {
  ...map({
    host: { type: 'string', format: 'host' },
    port: count(0, 65_535),
    dataDir: string,
    nats: map({
      url: { type: 'string', format: 'nats-url' },
      user: string,
      pass: string,
      systemUser: string,
      systemPass: string,
      serverPath: string,
    }),
    partitions: count(1, 64),
    replicas: { enum: [1, 3, 5] },
    workers: count(1, 64),
    durability: { enum: ['strict', 'relaxed'] },
    // Above 768 KiB an event with its envelope would not fit into one message of a NATS server with default limits.
    maxEventBytes: count(1024, 768 * 1024),
    maxBytesPerPartition: count(1024 * 1024, Number.MAX_SAFE_INTEGER),
    heartbeatMs: count(100, 300_000),
    coalesceAbovePercent: count(0, 90),
    session: map({
      maxFrameBytes: count(64 * 1024, 64 * 1024 * 1024),
      maxSubscriptions: count(1, 10_000),
      maxCredit: count(1, 1_000_000),
      maxPublishEvents: count(1, 10_000),
      maxBufferedBytes: count(2 * 1024 * 1024, 256 * 1024 * 1024),
      stalledMs: count(100, 600_000),
      compression: { type: 'boolean' },
      maxSessions: count(1, 1_000_000),
    }),
    http: map({
      maxConnections: count(64, 1_000_000),
      maxStreamsPerSystem: count(1, 1_000_000),
      maxBodyBytesInMemory: count(16 * 1024 * 1024, 64 * 1024 * 1024 * 1024),
      trustedProxies: { type: 'array', items: { type: 'string', format: 'cidr' }, maxItems: 1000 },
      corsOrigins: { type: 'array', items: { type: 'string', format: 'origin' }, maxItems: 1000 },
    }),
    quotas: map({
      eventsPerSecond: count(1, 1_000_000),
      storedBytes: count(1024 * 1024, Number.MAX_SAFE_INTEGER),
      quarantineEvents: count(1, 1_000_000_000),
      drafts: count(1, 1_000_000),
      cursors: count(1, 1_000_000),
      narrowingBytesPerDay: count(1024, Number.MAX_SAFE_INTEGER),
      attachmentBytes: count(1024 * 1024, Number.MAX_SAFE_INTEGER),
    }),
    traces: map({
      otlpUrl: { type: 'string', format: 'http-url' },
      sampleRatio: { type: 'number', minimum: 0, maximum: 1 },
    }),
    tls: map({ cert: string, key: string, clientCa: string }, ['cert', 'key']),
    ledgerSightMs: count(1000, 300_000),
    leakCheck: map({
      intervalMs: count(100, 3_600_000),
      cpuPercent: { type: 'number', minimum: 0.1, maximum: 50 },
    }),
    platformRegistration: map({ platform: string, owner: string, number: string, upperNode: string }, [
      'platform',
      'owner',
      'number',
    ]),
    founding: map({ codeSha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } }, ['codeSha256']),
    oidc: {
      type: 'array',
      items: map({ issuer: string, audience: string, jwks: JWKS, subjectClaim: string }, [
        'issuer',
        'audience',
        'jwks',
      ]),
      maxItems: 20,
    },
    testClock: { type: 'boolean' },
    closingHour: count(1, 24),
    supplementPause: { type: 'boolean' },
    localTargetDays: count(1, 1_000),
    changeLeadDays: count(1, 1_000),
    alarms: map({ volumePerDay: count(1, 1_000_000_000), hours: { type: 'string', format: 'hours' } }),
    alarmsSuspect: { type: 'boolean' },
    webhookAllow: { type: 'array', items: { type: 'string', format: 'cidr' }, maxItems: 1000 },
    logLevel: { enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
    bootstrapToken: { type: 'string', format: 'token' },
    restored: { type: 'boolean' },
    rightsJournal: string,
    confirmEnded: string,
    secret: { type: 'string', minLength: 32 },
  }),
};

/** A token that is easy to guess is worth nothing, and one of this length is not guessed. */
const TOKEN_LENGTH_MIN = 24;

/** The formats with the words of a refusal, which never repeats a value: some of them are secrets. */
const FORMATS: Record<string, { validate: (value: string) => boolean; words: string }> = {
  'nats-url': { validate: isNatsUrl, words: 'must be a nats:// or tls:// URL' },
  host: { validate: isHost, words: 'must be an IP address or a host name' },
  cidr: { validate: isCidr, words: 'must be an IP address or a network such as 10.0.0.0/8' },
  hours: { validate: isHours, words: 'must be two hours of the day such as 08-20' },
  origin: { validate: isOrigin, words: 'must be an origin such as https://console.example, or *' },
  'http-url': { validate: isHttpUrl, words: 'must be an http:// or https:// URL without user and password' },
  'jwks-url': { validate: isKeysUrl, words: 'must be an https:// URL, or http:// of this machine' },
  token: {
    validate: (value) => /^[\x21-\x7e]+$/.test(value),
    words: 'must be printable ASCII without spaces and line ends, so that a header can carry it',
  },
};

let compiled: ValidateFunction | undefined;

/** Compiled when the first configuration is read: commands of the command line that read none need not wait for it. */
function compiledShape(): ValidateFunction {
  compiled ??= new Ajv({
    // `jwks` is an address or an object.
    allowUnionTypes: true,
    allErrors: true,
    // The schema is the program's own, and the meta-schema costs more to compile than it.
    meta: false,
    validateSchema: false,
    formats: Object.fromEntries(Object.entries(FORMATS).map(([name, { validate }]) => [name, validate])),
  }).compile(SHAPE);
  return compiled;
}

/** Every problem in words, without values. */
export function configProblems(settings: Record<string, unknown>): string[] {
  const check = compiledShape();
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
  const what = error.keyword === 'format' ? FORMATS[error.params.format as string]?.words : error.message;
  return `${path === '' ? 'the file' : path} ${what}${allowed}`;
}

/** One server, or several of a cluster separated by commas. */
function isNatsUrl(value: string): boolean {
  return value.split(',').every((one) => {
    const hasScheme = one.includes('://');
    if (hasScheme && !/^(nats|tls):\/\//.test(one)) return false;
    const url = URL.canParse(hasScheme ? one : `nats://${one}`) && new URL(hasScheme ? one : `nats://${one}`);
    return url !== false && url.hostname !== '' && isPercentEncoded(url.username) && isPercentEncoded(url.password);
  });
}

const isPercentEncoded = (value: string): boolean => !/%(?![0-9a-f]{2})/i.test(value);

function isHost(value: string): boolean {
  return isIP(value) !== 0 || (value.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*\.?$/i.test(value));
}

function isCidr(value: string): boolean {
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  if (family === 0) return false;
  if (bits === undefined) return true;
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
    return /^\d{1,3}$/.test(bits);
  } catch {
    return false;
  }
}

function isHttpUrl(value: string): boolean {
  const url = /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value);
  return url !== false && url.username === '' && url.password === '';
}

function isKeysUrl(value: string): boolean {
  if (!isHttpUrl(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function isHours(value: string): boolean {
  const [, from, to] = /^(\d{2})-(\d{2})$/.exec(value) ?? [];
  return Number(from) < 24 && Number(to) <= 24 && from !== to;
}

function isOrigin(value: string): boolean {
  if (value === '*') return true;
  return /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
