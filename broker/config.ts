import { readFileSync } from 'node:fs';
import { valuelessKeys } from '../proto/valueless-keys.js';
import { parseExactYaml, yamlFault } from '../proto/values/exact-yaml.js';
import { isMap } from '../proto/values/is-map.js';
import { CONFIG_DEFAULTS, configProblems, RENAMED_SETTINGS } from './config-shape.js';
import { secretIn } from './secret-file.js';

/** Registration of the platform that this bus is a component of; without it the bus runs in trial mode. */
export interface PlatformRegistration {
  platform: string;
  owner: string;
  number: string;
  upperNode?: string | undefined;
}

export interface NatsConfig {
  /** An external server, or those of a cluster separated by commas; undefined runs an embedded one. */
  url: string | undefined;
  user: string | undefined;
  pass: string | undefined;
  /** The system account of an external server; only used to ask whether the server syncs what it acknowledges. */
  systemUser: string | undefined;
  systemPass: string | undefined;
  /** The nats-server program for the embedded one, where it is not on the PATH or in the project's cache. */
  serverPath: string | undefined;
}

/** Bounds of WebSocket sessions; `welcome` announces the first four to the client. */
export interface SessionConfig {
  maxFrameBytes: number;
  maxSubscriptions: number;
  maxCredit: number;
  maxPublishEvents: number;
  /** A session whose socket holds more unwritten bytes than this is closed at once. */
  maxBufferedBytes: number;
  /** A session whose socket writes nothing for this long, while bytes wait, belongs to a slow consumer and is closed. */
  stalledMs: number;
  /** Whether clients may negotiate compression. */
  compression: boolean;
  /** Sessions of one process. */
  maxSessions: number;
}

/** Bounds of connections and bodies of one process, and whom it believes about addresses and origins. */
export interface HttpConfig {
  /** Open TCP connections; undefined derives the number from the descriptors that the process may open. */
  maxConnections: number | undefined;
  /** Sessions, server-sent events and NDJSON uploads that one system may hold open. */
  maxStreamsPerSystem: number;
  /** All bodies together that are being read. */
  maxBodyBytesInMemory: number;
  /** Networks whose `Forwarded` and `X-Forwarded-For` headers are believed. */
  trustedProxies: readonly string[];
  /** Origins whose scripts may call the bus from a browser. */
  corsOrigins: readonly string[];
}

/** Bounds of what one system or party may take from all; a refusal names the quota. */
export interface QuotasConfig {
  /** Events that one process takes from a system per second. */
  eventsPerSecond: number | undefined;
  /** Bytes of the log that the events of a system may take. */
  storedBytes: number | undefined;
  /** Rejected events of a system that are kept. */
  quarantineEvents: number;
  /** Drafts of catalog entries of a party. */
  drafts: number;
  /** Cursors of a system over all its grants. */
  cursors: number;
  /** Bytes of different narrowings of a system that receipts record in a day. */
  narrowingBytesPerDay: number;
  /** Bytes of the attachments that the officers of a party store. */
  attachmentBytes: number;
}

/** Spans of events for the operators' trace store. */
export interface TracesConfig {
  /** Base address of an OTLP receiver; undefined: nothing is traced. */
  otlpUrl: string | undefined;
  /** Share of the events that are traced, 0 to 1. */
  sampleRatio: number;
}

/** Pace of the comparison of live views with their grants. */
export interface LeakCheckConfig {
  intervalMs: number;
  /** Share of one core. */
  cpuPercent: number;
}

/** Paths of PEM files; without a certificate the broker speaks plain HTTP. */
export interface TlsConfig {
  cert: string | undefined;
  key: string | undefined;
  /** When given, a client must present a certificate that this authority has signed. */
  clientCa: string | undefined;
}

/** An identity provider whose tokens name officers of the bus. */
export interface OidcIssuer {
  issuer: string;
  audience: string;
  /** Address of its public keys, or the keys themselves as a JWK set. */
  jwks: string | { keys: object[] };
  /** Claim that, behind the issuer, is the officer's subject; `sub` where it is absent. */
  subjectClaim?: string | undefined;
}

/** Thresholds of the alarms of a delivery; each absent one is off. */
export interface AlarmsConfig {
  /** Events of one grant in a day. */
  volumePerDay?: number | undefined;
  /** Hours in which deliveries are usual, `08-20`. */
  hours?: string | undefined;
}

/** Everything that can be set, checked. Read by parts: a room takes the fields it needs, never the whole. */
export interface Config {
  host: string;
  /** 0 takes a free port. */
  port: number;
  dataDir: string;
  nats: NatsConfig;
  /** Partitions of a new store; an existing one keeps what it was made with. */
  partitions: number;
  replicas: number;
  /** Processes that serve; more than one needs as many cores. */
  workers: number;
  /** `strict`: an acknowledged event survives a power cut. `relaxed`: it survives the death of a process. */
  durability: 'strict' | 'relaxed';
  maxEventBytes: number;
  maxBytesPerPartition: number | undefined;
  heartbeatMs: number;
  /** Utilisation of the event loop above which frames wait for more events; 0 saves the most CPU. */
  coalesceAbovePercent: number;
  session: SessionConfig;
  http: HttpConfig;
  quotas: QuotasConfig;
  traces: TracesConfig;
  tls: TlsConfig;
  /** A broker whose view of the ledger is older than this stops delivering. */
  ledgerSightMs: number;
  leakCheck: LeakCheckConfig;
  platformRegistration: PlatformRegistration | undefined;
  /** SHA-256, in hex, of the code with which the owner enrols its first administrator. */
  founding: { codeSha256: string } | undefined;
  oidc: readonly OidcIssuer[];
  /** The platform operator may set the time of the bus. */
  testClock: boolean;
  /** Hour at which the last day of a limit ends; 24 is its midnight. */
  closingHour: number;
  /** Asking for papers stops the limit of a reply. */
  supplementPause: boolean;
  /** Limit of a coordination (L28), in working days. */
  localTargetDays: number;
  /** Working days between the filing of a change and its first possible execution. */
  changeLeadDays: number;
  alarms: AlarmsConfig | undefined;
  /** An alarm opens a suspension case too. */
  alarmsSuspect: boolean;
  /** Networks that notices by webhook may go to though they are private. */
  webhookAllow: readonly string[];
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  bootstrapToken: string | undefined;
  /** Set for the one start after a backup was restored: every log starts an epoch, subscribers get POSITION_GONE. */
  restored: boolean;
  /** File outside the data folder that remembers which rights have ended; undefined is `<dataDir>.rights.ndjson`. */
  rightsJournal: string | undefined;
  /** Code of the list of ended rights that a start after a restore has printed: the acts of the list are repeated. */
  confirmEnded: string | undefined;
  /** Root of all keys; brokers of one cluster share it. */
  secret: string;
  /** Settings that were given by a name that will go, in words for the log. */
  warnings: readonly string[];
}

/** Everything wrong with the configuration, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: string[]) {
    super(`the configuration has ${problems.length} problem(s):\n- ${problems.join('\n- ')}`);
  }
}

/** The secret may still be missing: it can come from a file that only the start of a broker makes. */
export type ConfigWithoutSecret = Omit<Config, 'secret'> & { secret: string | undefined };

/** Reads the file (if any) and the environment; makes the secret's file on the first start. Throws ConfigError. */
export function loadConfig(env: NodeJS.ProcessEnv, file: string | undefined): Config {
  const config = parseConfig(env, file === undefined ? '' : readConfigFile(file));
  return { ...config, secret: config.secret ?? secretIn(config.dataDir) };
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`]);
  }
}

/** Environment over file over defaults. Throws ConfigError that lists every problem, unknown keys too. */
export function parseConfig(env: NodeJS.ProcessEnv, yamlText: string): ConfigWithoutSecret {
  const { settings, warnings } = givenSettings(env, yamlText);
  const problems = configProblems(settings);
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => withVariable(problem, env)));
  const config = overlay(structuredClone(CONFIG_DEFAULTS), settings) as unknown as ConfigWithoutSecret;
  return { ...config, nats: withUrlCredentials(config.nats), warnings };
}

type Settings = Record<string, unknown>;

/** The settings that the file and the environment give, before they are checked. Throws ConfigError for a file that is no map of YAML. */
export const givenSettings = (env: NodeJS.ProcessEnv, yamlText: string): { settings: Settings; warnings: string[] } =>
  withNewNames(overlay(documentOf(yamlText), fromEnvironment(env)));

function documentOf(yamlText: string): Settings {
  let document: unknown;
  try {
    document = parseExactYaml(yamlText) ?? {};
  } catch (error) {
    throw new ConfigError([`the file is not YAML: ${yamlFault(error)}`]);
  }
  if (!isMap(document)) throw new ConfigError(['the file must hold a map']);
  const valueless = valuelessKeys(document);
  if (valueless.length > 0) throw new ConfigError(valueless);
  return document;
}

/** Environment variable → the setting that it gives. */
export const ENVIRONMENT_VARIABLES: Readonly<Record<string, string>> = {
  SLUICE_HOST: 'host',
  SLUICE_PORT: 'port',
  SLUICE_DATA: 'dataDir',
  SLUICE_WORKERS: 'workers',
  SLUICE_LOG_LEVEL: 'logLevel',
  SLUICE_BOOTSTRAP_TOKEN: 'bootstrapToken',
  SLUICE_RESTORED: 'restored',
  SLUICE_RIGHTS_JOURNAL: 'rightsJournal',
  SLUICE_CONFIRM_ENDED: 'confirmEnded',
  SLUICE_SECRET: 'secret',
  SLUICE_NATS: 'nats.url',
  SLUICE_NATS_USER: 'nats.user',
  SLUICE_NATS_PASS: 'nats.pass',
  SLUICE_NATS_SYSTEM_USER: 'nats.systemUser',
  SLUICE_NATS_SYSTEM_PASS: 'nats.systemPass',
  SLUICE_NATS_SERVER: 'nats.serverPath',
};

/** An empty variable counts as not set. */
function fromEnvironment(env: NodeJS.ProcessEnv): Settings {
  const settings: Settings = {};
  const nats: Settings = {};
  for (const [variable, setting] of Object.entries(ENVIRONMENT_VARIABLES)) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    const value = settingValue(setting, text);
    if (setting.startsWith('nats.')) nats[setting.slice('nats.'.length)] = value;
    else settings[setting] = value;
  }
  return Object.keys(nats).length > 0 ? { ...settings, nats } : settings;
}

/** A text that is no value of its setting stays a string, so that the check names it. */
function settingValue(setting: string, text: string): unknown {
  if ((setting === 'port' || setting === 'workers') && /^\d+$/.test(text)) return Number(text);
  return setting === 'restored' && (text === '1' || text === 'true') ? true : text;
}

/** Names the variable behind a setting that is wrong, since the file may be right. */
function withVariable(problem: string, env: NodeJS.ProcessEnv): string {
  const found = Object.entries(ENVIRONMENT_VARIABLES).find(
    ([variable, setting]) => env[variable] && new RegExp(`^${setting}\\b`).test(problem),
  );
  return found ? problem.replace(found[1], `${found[1]} (${found[0]})`) : problem;
}

/** Puts settings with an old name under their new one; where both are given the new one holds. */
function withNewNames(given: Settings): { settings: Settings; warnings: string[] } {
  const warnings: string[] = [];
  const settings = { ...given };
  for (const { map, from, to } of RENAMED_SETTINGS) {
    const below = settings[map];
    if (!isMap(below) || !Object.hasOwn(below, from)) continue;
    const { [from]: value, ...others } = below;
    settings[map] = { [to]: value, ...others };
    warnings.push(`the setting ${map}.${from} is called ${map}.${to} now; the old name goes with the next release`);
  }
  return { settings, warnings };
}

/** Lays `upper` over `lower`, one level of maps deep; what is not a map is replaced and left to the check. */
function overlay(lower: Settings, upper: Settings): Settings {
  const result: Settings = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const below = result[key];
    result[key] = isMap(below) && isMap(value) ? { ...below, ...value } : value;
  }
  return result;
}

/** Takes user and password out of the (first) URL that has them, so that the URL can be logged. */
function withUrlCredentials(nats: NatsConfig): NatsConfig {
  if (nats.url === undefined) return nats;
  const urls = nats.url.split(',').map((one) => new URL(one.includes('://') ? one : `nats://${one}`));
  const named = urls.find((url) => url.username !== '');
  const user = named ? decodeURIComponent(named.username) : nats.user;
  const pass = named?.password ? decodeURIComponent(named.password) : nats.pass;
  return { ...nats, url: urls.map((url) => `${url.protocol}//${url.host}`).join(','), user, pass };
}
