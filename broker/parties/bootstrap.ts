import { SluiceError } from '../../proto/errors.js';
import { ConfigError } from '../config.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Act } from '../ledger/record.js';
import type { BusFacts } from './bus-facts.js';
import { type Credentials, newToken, tokenProblem } from './credentials.js';
import type { StoredOfficer } from './officer.js';

export const FIRST_OPERATOR = 'platform-operator';
/** Party of the operator of a trial bus. It is no department, so the party tree does not contain it. */
const OPERATOR_PARTY = 'platform';

export interface BootstrapOptions {
  brokerId: string;
  version: string;
  bootstrapToken: string | undefined;
  /** Undefined is trial mode. */
  platformRegistration: object | undefined;
  /** Stored at the first start, so that a broker with another secret is refused. */
  secretCheck: string;
  /** The time of the bus can be set by its operator. */
  testClock?: boolean | undefined;
}

export interface Bootstrapped {
  founded: boolean;
  /** Token of the operator of a new bus, when it was generated here: print it once, nobody can read it again. */
  printToken: string | undefined;
  /** Puts the first operator, with the token of the configuration or with `generatedToken`. */
  operator(): Act;
  generatedToken: string | undefined;
}

/**
 * Founds the bus on an empty ledger: its mode, its secret and its first operator. Registers a trial bus whose broker has
 * a registration now; the end of the trial then puts `operator` in place of the trial's. Records each start of a broker
 * with its mode. Throws ConfigurationConflictError, with nothing recorded, when the configuration contradicts the ledger, ConfigError for a short token.
 */
export async function bootstrap(
  { ledger, credentials, facts }: { ledger: Ledger; credentials: Credentials; facts: BusFacts },
  options: BootstrapOptions,
): Promise<Bootstrapped> {
  const token = options.bootstrapToken ?? newToken();
  const operator = (): Act => operatorAct(credentials.digestOf(token), options);
  const trial = options.platformRegistration === undefined;
  const stored = await ledger.appendAll(() => {
    // Inside the guard: of two brokers that start at once the slower one sees what the faster one founded.
    facts.check({ trial, secretCheck: options.secretCheck });
    if (ledger.head === 0) return [foundedAct(options), operator()];
    if (trial || facts.isRegistered) return [];
    // The end of the trial puts it; a token that is none is refused before anything is recorded.
    operator();
    return [registeredAct(options)];
  });
  const founded = stored.length > 1;
  await ledger.append(() => startedAct(options)).catch(unlessFull);
  const generatedToken = options.bootstrapToken === undefined ? token : undefined;
  return { founded, printToken: founded ? generatedToken : undefined, operator, generatedToken };
}

/** A broker with a full store still streams what is there; only the record of its start is missing then. */
function unlessFull(error: unknown): void {
  if (!(error instanceof SluiceError && error.code === 'STORE_FULL')) throw error;
}

const foundedAct = (options: BootstrapOptions): Act => ({
  kind: 'bus',
  id: 'bus',
  act: 'founded',
  actor: 'bus',
  document: busDocument(options),
});

function operatorAct(credential: string, options: BootstrapOptions): Act {
  const problem = options.bootstrapToken === undefined ? undefined : tokenProblem(options.bootstrapToken);
  if (problem !== undefined) throw new ConfigError([`bootstrapToken (SLUICE_BOOTSTRAP_TOKEN) ${problem}`]);
  const operator: StoredOfficer = {
    id: FIRST_OPERATOR,
    party: ownerOf(options) ?? OPERATOR_PARTY,
    roles: ['platform_operator'],
    credential,
  };
  return { kind: 'officer', id: FIRST_OPERATOR, act: 'put', actor: 'bus', document: operator };
}

/** On a registered bus the operator belongs to the owner of the platform. */
const ownerOf = ({ platformRegistration }: BootstrapOptions): string | undefined =>
  (platformRegistration as { owner?: string } | undefined)?.owner;

/** One record turns a trial bus into a registered one; brokers that still run in trial mode end when they see it. */
const registeredAct = (options: BootstrapOptions): Act => ({
  kind: 'bus',
  id: 'bus',
  act: 'registered',
  actor: 'bus',
  document: busDocument(options),
});

function startedAct(options: BootstrapOptions): Act {
  const { brokerId, version } = options;
  if (!/^[A-Za-z0-9_-]+$/.test(brokerId)) throw new SluiceError('INTERNAL', 'the broker id must be one token');
  const document = { brokerId, version, ...busDocument(options), ...(options.testClock && { testClock: true }) };
  return { kind: 'bus', id: brokerId, act: 'started', actor: 'bus', document };
}

function busDocument({ platformRegistration, secretCheck }: BootstrapOptions): object {
  const mode = platformRegistration === undefined ? { trialMode: true } : { trialMode: false, platformRegistration };
  return { ...mode, secretCheck };
}
