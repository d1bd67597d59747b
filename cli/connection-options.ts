import { type Command, InvalidArgumentError, Option } from 'commander';
import { BusApi } from '../client/bus-api.js';
import { httpUrl } from '../client/bus-url.js';

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
    .addOption(new Option('--token <token>', 'credential; better given by the environment').env('SLUICE_TOKEN'))
    .option('--json', 'machine-readable output');
}

export function apiOf({ url, token }: ConnectionOptions): BusApi {
  return new BusApi({ url, token });
}

function busUrl(text: string): string {
  try {
    return httpUrl(text, '').href.replace(/\/$/, '');
  } catch {
    throw new InvalidArgumentError('It must look like http://host:port.');
  }
}
