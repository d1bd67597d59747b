import { JetStreamApiError } from '@nats-io/jetstream';
import type { Bus } from './bus.js';
import { GROUP_COMMIT_VERSION, isAtLeast, MINIMUM_VERSION } from './server/find-server.js';
import type { Durability } from './server/server-config.js';

export interface ServerNeeds {
  durability: Durability;
  partitions: number;
  replicas: number;
  maxEventBytes: number;
}

/** The server cannot carry a bus; the message lists every reason. */
export class ServerUnfitError extends Error {
  override readonly name = 'ServerUnfitError';
  readonly code = 'NATS_SERVER_UNFIT';
  constructor(readonly problems: string[]) {
    super(`the NATS server cannot be used:\n- ${problems.join('\n- ')}`);
  }
}

/** Bytes of subject, headers and envelope around an event. */
const AROUND_EVENT_BYTES = 16 * 1024;
/** The largest ledger record that the embedded server takes: an entry with a long code table. */
const LEDGER_RECORD_BYTES = 8 * 1024 * 1024;
const MIB = 1024 * 1024;
const NOT_ENABLED: ReadonlySet<number> = new Set([10039, 10076]);

/**
 * Checks what an external server reports about itself before anything is created on it. Throws ServerUnfitError;
 * returns notices for the operator.
 */
export async function checkServer(bus: Bus, needs: ServerNeeds): Promise<string[]> {
  const info = bus.nc.info;
  if (!info) return [];
  const problems: string[] = [];
  const notices: string[] = [];
  const { version, max_payload: maxPayload } = info;
  const isCluster = 'cluster' in info && Boolean(info.cluster);
  if (!isAtLeast(version, MINIMUM_VERSION)) problems.push(`it is ${version}; ${MINIMUM_VERSION} or newer is needed`);
  else if (needs.durability === 'strict' && !isAtLeast(version, GROUP_COMMIT_VERSION))
    notices.push(`it is ${version}: only from ${GROUP_COMMIT_VERSION} on a batch is synced as one, many times faster`);
  const eventBytes = needs.maxEventBytes + AROUND_EVENT_BYTES;
  if (maxPayload < eventBytes) problems.push(`its max_payload is ${maxPayload}; events need ${eventBytes}`);
  else if (maxPayload < LEDGER_RECORD_BYTES)
    notices.push(
      `its max_payload is ${maxPayload / MIB} MiB: entries with longer code tables are refused (8 MiB is usual)`,
    );
  if (needs.replicas > 1 && !isCluster) problems.push(`replicas: ${needs.replicas} needs a cluster; it stands alone`);
  if (needs.replicas === 1 && isCluster)
    notices.push('it is a cluster, but with replicas: 1 each stream is lost with the one server that has it');
  problems.push(...(await jetStreamProblems(bus)));
  if (problems.length > 0) throw new ServerUnfitError(problems);
  return notices;
}

async function jetStreamProblems(bus: Bus): Promise<string[]> {
  try {
    const { limits, streams } = await bus.jsm.getAccountInfo();
    if (limits.max_storage === 0) return ['its account may store nothing on disk'];
    if (limits.max_streams > 0 && limits.max_streams <= streams)
      return [`its account has ${streams} streams, as many as it may`];
    return [];
  } catch (error) {
    // The first error means that JetStream is off on the server, the other that it is off for the account.
    const isOff = error instanceof Error && error.name === 'JetStreamNotEnabled';
    const isOffForAccount = error instanceof JetStreamApiError && NOT_ENABLED.has(error.code);
    if (isOff || isOffForAccount) return ['JetStream is not enabled for the account'];
    throw error;
  }
}

/** The reason why no space can be kept back for acts that end rights. See docs/decisions/0050. */
export async function reserveNotices(bus: Bus): Promise<string[]> {
  const { limits } = await bus.jsm.getAccountInfo();
  if (limits.max_storage > 0) return [];
  return [
    'its account has no limit of storage: when the server reaches its own, acts that end rights are refused with all others; ' +
      'give the account a limit below max_file_store',
  ];
}
