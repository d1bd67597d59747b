import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Durability } from './server-config.js';

export interface SyncCheckOptions {
  servers: string[];
  durability: Durability;
  /** A user of the system account, the only one to which servers report their settings. */
  user: string | undefined;
  pass: string | undefined;
}

/** Servers answer within milliseconds; those that have not by then are left out. */
const ANSWERS_MS_MAX = 2_000;
const CONNECT_MS_MAX = 5_000;

const UNKNOWN =
  'it does not say whether it syncs every acknowledged write (only a user of the system account may ask, see ' +
  'nats.systemUser): make sure that sync_interval: always stands in the jetstream block of every server, else ' +
  'a power cut can take what was acknowledged';

interface Varz {
  server?: { name?: string };
  data?: { jetstream?: { config?: { sync_always?: boolean; sync_interval?: number } } };
}

/**
 * Checks whether every server of the cluster syncs before it acknowledges; returns a notice for each that does not, or
 * did not answer.
 */
export async function syncNotices(options: SyncCheckOptions): Promise<string[]> {
  if (options.durability !== 'strict') return [];
  if (options.user === undefined) return [UNKNOWN];
  let nc: NatsConnection | undefined;
  try {
    const { servers, user, pass = '' } = options;
    nc = await connect({ servers, user, pass, name: 'sluice-check', timeout: CONNECT_MS_MAX, maxReconnectAttempts: 0 });
    return describe(await askAll(nc));
  } catch (error) {
    return [`${UNKNOWN} (the system user was of no use: ${(error as Error).message})`];
  } finally {
    await nc?.close();
  }
}

async function askAll(nc: NatsConnection): Promise<Varz[]> {
  const options = { strategy: 'stall' as const, maxWait: ANSWERS_MS_MAX, stall: ANSWERS_MS_MAX / 4 };
  const answers: Varz[] = [];
  for await (const answer of await nc.requestMany('$SYS.REQ.SERVER.PING.VARZ', '', options)) {
    answers.push(answer.json<Varz>());
  }
  return answers;
}

function describe(answers: Varz[]): string[] {
  const withStore = answers.filter(({ data }) => data?.jetstream?.config !== undefined);
  if (withStore.length === 0) return [UNKNOWN];
  const lazy = withStore.filter(({ data }) => data?.jetstream?.config?.sync_always !== true);
  return lazy.map(({ server, data }) => {
    const seconds = (data?.jetstream?.config?.sync_interval ?? 0) / 1e9;
    return `server ${server?.name} syncs every ${seconds} s: a power cut can take that much of what was acknowledged`;
  });
}
