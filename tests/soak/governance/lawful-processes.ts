import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { EmbeddedServer } from '../../../broker/nats/server/embedded-server.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { foundLawfulBus, LAWFUL } from '../../support/lawful/lawful-bus.js';
import { startNats, temporaryFolder } from '../../support/nats/nats.js';

export interface LawfulProcesses {
  nats: EmbeddedServer;
  tokens: Map<string, string>;
  /** A broker on the bus's store with a data folder of its own, or an earlier one's. */
  spawn(dataDir?: string): Promise<BrokerProcess & { dataDir: string }>;
  /** Calls a broker as an officer; the answer's status and body. */
  call(url: string, who: string, method: string, path: string, body?: object): Promise<{ status: number; body: never }>;
}

/** Founds a bus at that time, ends the broker that did, and offers brokers as processes. */
export async function lawfulProcesses(t: Test, now: string): Promise<LawfulProcesses> {
  const nats = await startNats(t);
  const founding = await foundLawfulBus(t, { nats });
  await founding.setClock(now);
  await founding.broker.drain();
  const { tokens } = founding;
  const spawn = async (dataDir?: string) => {
    const folder = dataDir ?? (await temporaryFolder(t));
    const file = join(folder, 'config.json');
    const { url, user, pass } = nats;
    await writeFile(file, JSON.stringify({ ...LAWFUL, nats: { url, user, pass } }));
    return { ...(await spawnBroker(t, folder, { SLUICE_CONFIG: file })), dataDir: folder };
  };
  const call: LawfulProcesses['call'] = async (url, who, method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens.get(who)}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as never };
  };
  return { nats, tokens, spawn, call };
}
