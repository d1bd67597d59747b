import { randomInt } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'libsql';
import t, { type Test } from 'tap';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { applyBundle } from '../../support/raw-client/raw-http.js';

const REGISTRATION = 'partitions: 1\nplatformRegistration: {platform: p, owner: owner, number: "1"}\n';
const KILLS = 1;
const PARTIES_PER_ACT = 40;

interface Tables {
  files: unknown[];
  history: unknown[];
}

/** The rows that officers read of parties. */
function tablesOf(dataDir: string): Tables {
  const db = new Database(join(dataDir, 'projection', 'files-1.db'));
  try {
    const all = (sql: string): unknown[] => db.prepare(sql).raw().all();
    return {
      files: all(`SELECT n, id, seq, state, body, document FROM files WHERE kind = 'parties' ORDER BY n`),
      history: all('SELECT * FROM history ORDER BY file, seq'),
    };
  } finally {
    db.close();
  }
}

const party = (number: number): object => ({
  id: `party-${number}`,
  name: `Party ${number}`,
  level: 'province',
  regionCode: '350000',
  type: 'gov_dept',
  creditCode: `11350000${String(number).padStart(10, '0')}`,
});

interface Registering {
  acts: number;
  /** How many parties were acknowledged before the broker died. */
  ended: Promise<number>;
}

/** Registers parties until the broker dies. */
function register(broker: BrokerProcess, from: number): Registering {
  const operator = { url: broker.url, token: broker.operatorToken };
  const registering: Registering = { acts: 0, ended: Promise.resolve(from) };
  const untilDead = async (): Promise<number> => {
    for (let first = from; ; first += PARTIES_PER_ACT) {
      const parties = Array.from({ length: PARTIES_PER_ACT }, (_, offset) => party(first + offset));
      try {
        await applyBundle(operator, { parties });
        registering.acts++;
      } catch {
        return first;
      }
    }
  };
  registering.ended = untilDead();
  return registering;
}

async function drained(t: Test, dataDir: string, env: NodeJS.ProcessEnv): Promise<Tables> {
  const broker = await spawnBroker(t, dataDir, env);
  t.equal(await broker.stop(), 0);
  return tablesOf(dataDir);
}

t.test('after kill -9 in the middle of acts the projection says what a fresh one says', async (t) => {
  const dataDir = await temporaryFolder(t);
  const config = join(dataDir, 'sluice.yaml');
  await writeFile(config, REGISTRATION);
  const env = { SLUICE_CONFIG: config };
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const broker = await spawnBroker(t, dataDir, env);
    const registering = register(broker, acknowledged);
    await eventually(() => registering.acts > 0, 'an act to be done', 60_000);
    await delay(randomInt(0, 300));
    await broker.kill();
    acknowledged = await registering.ended;
  }
  const resumed = await drained(t, dataDir, env);
  await rm(join(dataDir, 'projection'), { recursive: true });
  const fresh = await drained(t, dataDir, env);
  t.strictSame(resumed, fresh);
  const ids = new Set(resumed.files.map((row) => (row as unknown[])[1]));
  const missing = Array.from({ length: acknowledged }, (_, i) => `party-${i}`).filter((id) => !ids.has(id));
  t.same(missing, [], `${acknowledged} parties were acknowledged`);
  t.ok(acknowledged > 0);
});
