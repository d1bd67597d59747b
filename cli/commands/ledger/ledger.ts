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
interface FormerReceipts {
  grant: string;
  party: string;
  system: string;
  receipts: number;
  firstOpenedAt: string;
  lastOpenedAt: string;
}

interface Report {
  disclosures: Disclosure[];
  formerLives: FormerReceipts[];
}

const LOST = 'the log was restored or has lost its tail; what was lost may have gone out under these receipts';

export function addLedger(program: Command, terminal: Terminal): void {
  const ledger = program.command('ledger').summary('check the ledger, ask it who received what');
  withConnection(ledger.command('verify'))
    .summary('read the whole ledger and check its chain')
    .description(
      'Read the whole ledger and check that no record was changed or taken out. Ends with 1 when it is broken.',
    )
    .addHelpText('after', '\nExample:\n  $ sluice ledger verify')
    .action((options: ConnectionOptions) => verify(options, terminal));
  withConnection(ledger.command('who-received'))
    .summary('who received what about a record, under which grant')
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
  else await terminal.out('nothing that is in the log about that record is known to have gone out');
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

async function showPreviousEpochs(formerLives: FormerReceipts[], terminal: Terminal): Promise<void> {
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
