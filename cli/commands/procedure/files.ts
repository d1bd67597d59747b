import { type Command, Option } from 'commander';
import { type FileFilter, ProcedureClient } from '../../../client/procedure/procedure-client.js';
import type { FileAnswer } from '../../../proto/http/procedure-files.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { fileLines, plain } from './answer-text.js';
import { kindArgument } from './kind-argument.js';

type ListOptions = ConnectionOptions &
  Pick<FileFilter, 'state' | 'party' | 'entry' | 'about' | 'dueBefore'> & { limit: number };

const LIMIT_DEFAULT = 100;

export function addFiles(program: Command, terminal: Terminal): void {
  const files = program.command('files').summary('list or show files of the lawful procedure');
  withConnection(files.command('list', { isDefault: true }).addArgument(kindArgument()))
    .summary('list files of one kind that the caller may see, oldest first')
    .option('--state <states>', 'in one of these states, separated by commas')
    .option('--party <party>', 'of which that department is a side')
    .option('--entry <entry>', 'about that catalog entry')
    .option('--about <file>', 'about that file')
    .option('--due-before <date>', 'with a running clock that is due before that date')
    .addOption(new Option('--limit <files>', 'at most so many').default(LIMIT_DEFAULT).argParser(Number))
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice files applications --state filed,extended\n  $ sluice files list violations --json',
    )
    .action((kind: string, options: ListOptions) => list(kind, options, terminal));
  withConnection(files.command('show').addArgument(kindArgument()).argument('<id>', 'id of the file'))
    .summary('show a file: document, clocks, history, and what the caller may do now')
    .addHelpText('after', '\nExample:\n  $ sluice files show applications ap-7f3k2m9q1x0c')
    .action((kind: string, id: string, options: ConnectionOptions) => show(kind, id, options, terminal));
}

async function list(kind: string, { limit, ...options }: ListOptions, terminal: Terminal): Promise<void> {
  const { state, party, entry, about, dueBefore } = options;
  const found: FileAnswer[] = [];
  for await (const file of new ProcedureClient(apiOf(options)).list(kind, { state, party, entry, about, dueBefore })) {
    if (found.push(file) > limit) break;
  }
  const shown = found.slice(0, limit);
  if (options.json) await terminal.out(JSON.stringify(shown));
  else {
    const rows = shown.map(({ id, state: is = '', seq = '', clocks = [], next = [] }) => [
      id,
      is,
      `${seq}`,
      clocks
        .filter(isOpen)
        .map((clock) => `${clock.id} ${clock.due}`)
        .join(', '),
      next.map(({ act }) => act).join(', '),
    ]);
    if (rows.length > 0)
      for (const line of table(['ID', 'STATE', 'SEQ', 'DUE', 'NEXT'], rows)) await terminal.out(line);
    if (rows.length === 0) terminal.err(`no file of kind ${kind} is visible to this caller`);
  }
  if (found.length > limit) terminal.err(`there are more: --limit ${limit * 10}`);
}

const isOpen = ({ state }: FileAnswer['clocks'][number]): boolean => state !== 'met';

async function show(kind: string, id: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const file = await new ProcedureClient(apiOf(options)).get(kind, id);
  if (options.json) return terminal.out(JSON.stringify(file));
  for (const line of fileLines(file)) await terminal.out(line);
  const fields = Object.entries(file.document).map(([name, value]) => [name, plain(value)]);
  await terminal.out('');
  for (const line of table(['FIELD', 'VALUE'], fields)) await terminal.out(line);
  const steps = file.history.map(({ seq, time, act, actor, role, from, to, reason }) => [
    `${seq}`,
    time,
    act,
    actor,
    role ?? '',
    from === to || !from ? (to ?? '') : `${from} → ${to ?? ''}`,
    reason ?? '',
  ]);
  await terminal.out('');
  const head = ['SEQ', 'TIME', 'ACT', 'ACTOR', 'ROLE', 'STATE', 'REASON'];
  for (const line of table(head, steps)) await terminal.out(line);
}
