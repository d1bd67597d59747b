import type { Command } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import type { FileAnswer } from '../../../proto/http/procedure-files.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import type { Terminal } from '../../terminal.js';
import { fileLines } from './answer-text.js';
import { actOptionsOf, type BodyOptions, bodyOf, withBody } from './body-options.js';
import { kindArgument } from './kind-argument.js';

type Options = ConnectionOptions & BodyOptions;

export function addAct(program: Command, terminal: Terminal): void {
  withBody(withConnection(program.command('make').addArgument(kindArgument())))
    .summary('make a file of the lawful procedure')
    .description(
      'Make a file: draft an application, raise a demand, open a case … `sluice procedures KIND` has its acts.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice make applications --body application.yaml\n' +
        '  $ sluice make consents --field kind=standing --field entry=registry.regions --field until=2026-12-31',
    )
    .action(async (kind: string, options: Options) => {
      const answer = await new ProcedureClient(apiOf(options)).make(kind, await bodyOf(options), actOptionsOf(options));
      await printAnswer(answer, options, terminal);
    });
  withBody(withConnection(program.command('act').addArgument(kindArgument())))
    .argument('<id>', 'id of the file')
    .argument('<act>', 'name of the act, as `next` of the file lists it')
    .summary('perform an act on a file of the lawful procedure')
    .description('Perform an act on a file. A signing act takes the digest of what is signed: --field digest=…')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice act applications ap-7f3k2m9q1x0c file\n' +
        '  $ sluice act applications ap-7f3k2m9q1x0c ask-extension --field days=5 --reason "two systems to ask"\n' +
        '  $ sluice act catalog registry.births trigger --field trigger.type=law --field trigger.date=2026-02-28 \\\n' +
        '      --field trigger.document="Law on Names"',
    )
    .action(async (kind: string, id: string, act: string, options: Options) => {
      const client = new ProcedureClient(apiOf(options));
      await printAnswer(
        await client.act(kind, id, act, await bodyOf(options), actOptionsOf(options)),
        options,
        terminal,
      );
    });
}

async function printAnswer(answer: FileAnswer, { json }: ConnectionOptions, terminal: Terminal): Promise<void> {
  if (json) return terminal.out(JSON.stringify(answer));
  for (const line of fileLines(answer)) await terminal.out(line);
}
