import { type Command, Option } from 'commander';
import { BusApi } from '../client/bus-api.js';
import { httpUrl } from '../client/bus-url.js';
import { addressProblem, tokenProblem } from '../client/service-settings.js';
import { UsageError } from './exit-codes.js';

/** Options of every command that talks to a running bus. */
export interface ConnectionOptions {
  url: string;
  token?: string | undefined;
  json?: boolean | undefined;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

/** Adds --url, --token and --json. */
export function withConnection(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'address of the bus').env('SLUICE_URL').default(DEFAULT_URL).argParser(busUrl))
    .addOption(
      new Option('--token <token>', 'credential; better given by the environment').env('SLUICE_TOKEN').argParser(token),
    )
    .option('--json', 'machine-readable output');
}

export function apiOf({ url, token }: ConnectionOptions): BusApi {
  return new BusApi({ url, token });
}

/** Throws UsageError rather than an error of commander, which would repeat the value: an address may hold a password. */
function busUrl(text: string): string {
  const problem = addressProblem(text, ['http', 'https', 'ws', 'wss']);
  if (problem) throw new UsageError(`--url (SLUICE_URL) ${problem}`);
  return httpUrl(text, '').href.replace(/\/$/, '');
}

function token(text: string): string {
  const problem = tokenProblem(text);
  if (problem) throw new UsageError(`--token (SLUICE_TOKEN) ${problem}`);
  return text;
}
