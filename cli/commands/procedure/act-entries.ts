import { Argument, type Command } from 'commander';
import { BUNDLED_ACTS, type BundledAct, ProcedureClient } from '../../../client/procedure/procedure-client.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { nameOf, readDocument } from '../../read-document.js';
import type { Terminal } from '../../terminal.js';

type Options = ConnectionOptions & { entries: string; reason?: string };

export function addActEntries(program: Command, terminal: Terminal): void {
  const act = new Argument('<act>', 'what is done with each').choices(BUNDLED_ACTS);
  withConnection(program.command('act-entries').addArgument(act))
    .summary('approve, submit, publish or return up to 1,000 catalog entries: all, or none')
    .requiredOption('--entries <file>', 'list of {id, digest, seq} (YAML or JSON), - for standard input')
    .option('--reason <text>', 'why; it goes on the ledger')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice files list catalog --state draft --json > seen.json\n' +
        '  $ sluice act-entries approve --entries seen.json\n' +
        'What was listed is what is signed: an entry that has changed since refuses them all.',
    )
    .action((name: BundledAct, options: Options) => actOnEntries(name, options, terminal));
}

async function actOnEntries(act: BundledAct, options: Options, terminal: Terminal): Promise<void> {
  const entries = entriesOf(await readDocument(options.entries), options.entries);
  const body = options.reason === undefined ? {} : { reason: options.reason };
  const results = await new ProcedureClient(apiOf(options)).actOnEntries(act, entries, body);
  if (options.json) return terminal.out(JSON.stringify(results));
  for (const { id, state } of results) await terminal.out(`${id} is ${state}`);
}

/** Throws UsageError. */
function entriesOf(document: unknown, path: string): { id: string; digest?: string; seq?: number }[] {
  if (!Array.isArray(document) || document.length === 0)
    throw new UsageError(`${nameOf(path)} must hold a list of entries`);
  return document.map((one: { id?: unknown; digest?: string; seq?: number } | null) => {
    if (typeof one?.id !== 'string') throw new UsageError(`${nameOf(path)}: each element must have an id`);
    const { id, digest, seq } = one;
    return { id, ...(digest !== undefined && { digest }), ...(seq !== undefined && { seq }) };
  });
}
