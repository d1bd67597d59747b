import { SluiceError } from '../../proto/errors.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Act } from '../ledger/record.js';
import { type Credentials, newToken } from './credentials.js';
import type { StoredOfficer } from './officer.js';

export const FIRST_OPERATOR = 'platform-operator';
/** The operator stands beside the party tree, so this party is not in it. */
const OPERATOR_PARTY = 'platform';

export interface BootstrapOptions {
  brokerId: string;
  version: string;
  bootstrapToken: string | undefined;
  /** Undefined is trial mode. */
  platformRegistration: object | undefined;
}

/**
 * Founds the bus on an empty ledger: its mode and its first operator. Says in the ledger at every start in which mode
 * this broker runs. Returns the operator's token when it was made up here: print it once, nobody can read it again.
 */
export async function bootstrap(
  ledger: Ledger,
  credentials: Credentials,
  options: BootstrapOptions,
): Promise<{ founded: boolean; printToken: string | undefined }> {
  const token = options.bootstrapToken ?? newToken();
  const found = await ledger.appendAll(() =>
    ledger.head === 0 ? foundingActs(credentials.digestOf(token), options) : [],
  );
  const founded = found.length > 0;
  await ledger.append(() => startedAct(options)).catch(unlessFull);
  return { founded, printToken: founded && options.bootstrapToken === undefined ? token : undefined };
}

/** A broker with a full store still streams what is there; that it has started is all that stays unsaid. */
function unlessFull(error: unknown): void {
  if (!(error instanceof SluiceError && error.code === 'STORE_FULL')) throw error;
}

function foundingActs(credential: string, { platformRegistration }: BootstrapOptions): Act[] {
  const operator: StoredOfficer = {
    id: FIRST_OPERATOR,
    party: OPERATOR_PARTY,
    roles: ['platform_operator'],
    credential,
  };
  return [
    { kind: 'bus', id: 'bus', act: 'founded', actor: 'bus', document: modeOf(platformRegistration) },
    { kind: 'officer', id: FIRST_OPERATOR, act: 'put', actor: 'bus', document: operator },
  ];
}

function startedAct({ brokerId, version, platformRegistration }: BootstrapOptions): Act {
  if (!/^[A-Za-z0-9_-]+$/.test(brokerId)) throw new SluiceError('INTERNAL', 'the broker id must be one token');
  const document = { brokerId, version, ...modeOf(platformRegistration) };
  return { kind: 'bus', id: brokerId, act: 'started', actor: 'bus', document };
}

const modeOf = (platformRegistration: object | undefined) =>
  platformRegistration === undefined ? { trialMode: true } : { trialMode: false, platformRegistration };
