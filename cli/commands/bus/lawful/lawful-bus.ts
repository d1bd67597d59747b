import { createHash } from 'node:crypto';
import { type Config, ConfigError, loadConfig } from '../../../../broker/config.js';
import { runBroker } from '../../../../broker/run-broker.js';
import { ConnectionLostError } from '../../../../client/errors.js';
import type { Terminal } from '../../../terminal.js';
import { DepartmentFounding, FOUNDED_AT } from './found-departments.js';
import { ADMINISTRATORS, CD, CONTRACTOR, OFFICERS, SYSTEMS } from './sample-departments.js';
import { type Founding, foundingOf, noteFounded } from './start-file.js';

const FOLDER = '.sluice-lawful';

/** Runs a registered bus for trying out until it is interrupted. Throws UsageError for a folder that holds something else. */
export async function runLawfulBus(given: NodeJS.ProcessEnv, terminal: Terminal): Promise<void> {
  const env = { ...given, SLUICE_DATA: given.SLUICE_DATA ?? FOLDER };
  const founding = await foundingOf(env.SLUICE_DATA);
  await runBroker(() => configOf(env, founding), {
    announcement: (_broker, url) =>
      founding
        ? `founding the departments of a province at ${url}, which takes some seconds`
        : 'the departments are those of an earlier start, which printed their tokens',
    onServing: async (_broker, url) => {
      try {
        await introduce(url, founding, terminal);
        if (founding) await noteFounded(env.SLUICE_DATA);
        await terminal.out(`sluice is serving at ${url}`);
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        terminal.err('the founding was interrupted; the next start finishes it');
      }
    },
  });
}

function configOf(env: NodeJS.ProcessEnv, founding: Founding | undefined): Config {
  const config = loadConfig(env, undefined);
  if (config.nats.url !== undefined) {
    throw new ConfigError(['nats.url: a bus for trying out has a nats-server of its own; take SLUICE_NATS away']);
  }
  return {
    ...config,
    platformRegistration: { platform: 'fujian-sharing', owner: CD, number: 'FJ-2025-1' },
    testClock: true,
    ...(founding && {
      founding: { codeSha256: createHash('sha256').update(founding.code).digest('hex') },
      bootstrapToken: founding.operatorToken,
    }),
  };
}

/** One line for each officer and system: with its token after the founding, and at later starts without. */
async function introduce(url: string, founding: Founding | undefined, terminal: Terminal): Promise<void> {
  let tokenOf = (_id: string): string | undefined => 'kept';
  if (founding) {
    const departments = new DepartmentFounding(url, founding);
    await departments.run();
    tokenOf = (id) => departments.tokens.get(id);
    await terminal.out(`the clock of the bus says ${FOUNDED_AT}; it is a test clock: nothing here is for real data`);
  }
  for (const { id, party, roles } of officers()) {
    await terminal.out(`officer ${id} ${party} ${roles.join(',')} ${tokenOf(id)}`);
  }
  for (const [id, { by, may }] of Object.entries(SYSTEMS)) {
    await terminal.out(`system ${id} ${partyOf(by)} ${may} ${tokenOf(id)}`);
  }
}

function officers(): { id: string; party: string; roles: readonly string[] }[] {
  const appointed = Object.entries(ADMINISTRATORS).flatMap(([party, administrator]) => [
    { id: administrator, party, roles: ['administrator'] },
    ...Object.entries(OFFICERS[party] ?? {}).map(([id, roles]) => ({ id, party, roles })),
  ]);
  return [...appointed, { id: CONTRACTOR.id, party: CONTRACTOR.party, roles: ['contractor'] }];
}

const partyOf = (officer: string): string => officers().find(({ id }) => id === officer)?.party ?? '';
