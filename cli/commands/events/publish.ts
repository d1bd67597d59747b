import type { Command } from 'commander';
import { publishHttp } from '../../../client/publish/http-publisher.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';
import { eventInput } from './event-input.js';

const EXAMPLE = `
Example:
  $ sluice publish births.ndjson
  $ my-export | sluice publish - --json`;

export function addPublish(program: Command, terminal: Terminal): void {
  withConnection(program.command('publish <file>'))
    .summary('publish the events of a file, or of standard input for -')
    .description(
      'Publish events (CloudEvents): one per line, or a JSON array. Prints each refusal with its line, then a summary. Ends ' +
        'with 1 when any event was refused. Sending a file again within two minutes stores nothing twice.',
    )
    .addHelpText('after', EXAMPLE)
    .action((file: string, options: ConnectionOptions) => publish(file, options, terminal));
}

async function publish(file: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const summary = await publishHttp({
    url: options.url,
    token: options.token,
    body: await eventInput(file),
    onRefused: (result) => terminal.err(options.json ? JSON.stringify(result) : refusalText(result)),
  });
  const { accepted, duplicates, refused } = summary;
  const text = `${accepted} stored, ${duplicates} already there, ${refused} refused`;
  await terminal.out(options.json ? JSON.stringify(summary) : text);
  if (refused > 0) throw new CommandEnded(EXIT.REFUSED);
}

function refusalText({ line, id, problem }: PublishResult): string {
  const where = [`line ${line ?? '?'}`, ...(id === undefined ? [] : [`event ${id}`])].join(', ');
  return `${where}: ${problem?.code}: ${problem?.detail}`;
}
