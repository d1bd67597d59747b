import type { Command } from 'commander';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT } from '../../exit-codes.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

type Verdict = { records: number; head: string } | { brokenAt: number; why: string };

interface Disclosure {
  grant: string;
  party: string;
  system: string;
  purpose: string;
  items: { name: string; transform?: string }[];
  position: number;
  op: string;
  acceptedAt: string;
  certainty: string;
}

/** Receipts of one grant from previous epochs of the log, whose events can no longer be looked up. */
interface PreviousEpochReceipts {
  grant: string;
  party: string;
  system: string;
  receipts: number;
  firstOpenedAt: string;
  lastOpenedAt: string;
}

interface Report {
  disclosures: Disclosure[];
  formerLives: PreviousEpochReceipts[];
}

const LOST =
  'the log was restored or truncated; events that are no longer in it may have been delivered under these receipts';

export function addLedger(program: Command, terminal: Terminal): void {
  const ledger = program.command('ledger').summary('check the ledger, find out who received a record');
  withConnection(ledger.command('verify'))
    .summary('read the whole ledger and check its chain')
    .description(
      'Read the whole ledger and check that no record was changed or removed. Ends with exit code 1 when the chain is broken.',
    )
    .addHelpText('after', '\nExample:\n  $ sluice ledger verify')
    .action((options: ConnectionOptions) => verify(options, terminal));
  withConnection(ledger.command('who-received'))
    .summary('list who received events of a record, and under which grant')
    .requiredOption('--entry <entry>', 'the catalog entry')
    .requiredOption('--subject <key>', 'key of the record as its source publishes it')
    .addHelpText(
      'after',
      '\nExample:\n  $ sluice ledger who-received --entry fujian-civil-affairs.birth --subject 350102202611220014',
    )
    .action((options: WhoReceived) => whoReceived(options, terminal));
}

async function verify(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const verdict = await apiOf(options).json<Verdict>('/v1/ledger/verify');
  if (options.json) await terminal.out(JSON.stringify(verdict));
  else if ('brokenAt' in verdict)
    await terminal.out(`the ledger is broken at record ${verdict.brokenAt}: ${verdict.why}`);
  else await terminal.out(`the ledger is whole: ${verdict.records} records, head ${verdict.head}`);
  if ('brokenAt' in verdict) throw new CommandEnded(EXIT.REFUSED);
}

type WhoReceived = ConnectionOptions & { entry: string; subject: string };

async function whoReceived(options: WhoReceived, terminal: Terminal): Promise<void> {
  const { entry, subject } = options;
  const query = { entry, subject };
  const { disclosures, formerLives } = await apiOf(options).json<Report>('/v1/disclosures', { query });
  if (options.json) {
    if (formerLives.length > 0) terminal.err(`${LOST}: ${JSON.stringify(formerLives)}`);
    return terminal.out(JSON.stringify(disclosures));
  }
  if (disclosures.length > 0) await showDisclosures(disclosures, terminal);
  else if (formerLives.length === 0) await terminal.out('nobody has received anything about that record');
  else await terminal.out('no event of that record that is in the log is known to have been delivered');
  await showPreviousEpochs(formerLives, terminal);
}

async function showDisclosures(disclosures: Disclosure[], terminal: Terminal): Promise<void> {
  const rows = disclosures.map((one) => [
    one.acceptedAt,
    one.op,
    String(one.position),
    one.party,
    one.system,
    one.grant,
    one.certainty,
    one.items.map(({ name, transform }) => (transform === undefined ? name : `${name} (${transform})`)).join(', '),
  ]);
  const head = ['ACCEPTED', 'OP', 'POSITION', 'PARTY', 'SYSTEM', 'GRANT', 'CERTAINTY', 'ITEMS'];
  for (const line of table(head, rows)) await terminal.out(line);
}

async function showPreviousEpochs(formerLives: PreviousEpochReceipts[], terminal: Terminal): Promise<void> {
  if (formerLives.length === 0) return;
  await terminal.out(`${LOST}:`);
  const rows = formerLives.map((one) => [
    one.firstOpenedAt,
    one.lastOpenedAt,
    String(one.receipts),
    one.party,
    one.system,
    one.grant,
  ]);
  const head = ['FIRST', 'LAST', 'RECEIPTS', 'PARTY', 'SYSTEM', 'GRANT'];
  for (const line of table(head, rows)) await terminal.out(line);
}
