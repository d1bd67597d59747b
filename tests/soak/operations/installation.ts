import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { findNatsServer } from '../../../broker/nats/server/find-server.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';

/** The compiled file lies in dist/tests/soak/operations. */
const PROJECT = join(import.meta.dirname, '..', '..', '..', '..');
const READY_MS_MAX = 60_000;
const COMMAND_MS_MAX = 120_000;

export interface CommandResult {
  exitCode: number;
  out: string;
  err: string;
}

/** One version of the project, as it lies in a folder of a machine: `sluice` is its program. */
export class Installation {
  constructor(readonly folder = PROJECT) {}

  get #program(): string {
    return join(this.folder, 'bin', 'sluice.js');
  }

  /** Runs `sluice ...args`; resolves whatever its exit code is. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    return new Promise((resolve) => {
      const options = { env: { ...process.env, ...env }, timeout: COMMAND_MS_MAX };
      execFile(process.execPath, [this.#program, ...args], options, (error, out, err) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ exitCode, out, err });
      });
    });
  }

  /** `sluice start --config FILE`; resolves when `sluice status` says that it is ready. */
  async start(t: Test, config: string, env: NodeJS.ProcessEnv): Promise<BrokerProcess> {
    const { path } = await findNatsServer();
    const all = { SLUICE_NATS_SERVER: path, SLUICE_LOG_LEVEL: 'error', ...env };
    const broker = await spawnBroker(t, '', all, this.#program, ['start', '--config', config]);
    const isReady = async (): Promise<boolean> =>
      (await this.run(['status'], { SLUICE_URL: broker.url })).exitCode === 0;
    await eventually(isReady, `${broker.url} to be ready`, READY_MS_MAX);
    return broker;
  }
}

/**
 * A command line of docs/operations.md, without the word `sluice`, with its example paths and addresses replaced. Throws when
 * the document does not have it.
 */
export async function documented(command: string, replacements: Record<string, string>): Promise<string[]> {
  const text = await readFile(join(PROJECT, 'docs', 'operations.md'), 'utf8');
  if (!text.includes(command)) throw new Error(`docs/operations.md does not say: ${command}`);
  const words = command.split(' ').slice(1);
  return words.map((word) => replacements[word] ?? word);
}
