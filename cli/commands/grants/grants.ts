import type { Command } from 'commander';
import type { GrantDocument, GrantPeriod } from '../../../proto/entry/grant.js';
import { isDay } from '../../../proto/values/rfc3339.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

const DAY_MS = 86_400_000;
/** The most that the bus answers at once. */
const PAGE_GRANTS = 1_000;
const ACTS = { suspend: 'suspend', restore: 'restore', terminate: 'terminate for good' } as const;

export function addGrants(program: Command, terminal: Terminal): void {
  const grants = program.command('grants').summary('list or show grants; suspend, restore or terminate one');
  withConnection(grants.command('list', { isDefault: true }))
    .summary('list the grants that the caller may see')
    .addHelpText('after', '\nExample:\n  $ sluice grants list --json')
    .action((options: ConnectionOptions) => list(options, terminal));
  withConnection(grants.command('show').argument('<grant>', 'id of the grant'))
    .summary('show a grant: items, rows, period, status')
    .addHelpText('after', '\nExample:\n  $ sluice grants show g-tax-licences')
    .action((grant: string, options: ConnectionOptions) => show(grant, options, terminal));
  for (const [act, summary] of Object.entries(ACTS)) {
    withConnection(grants.command(act).argument('<grant>', 'id of the grant'))
      .summary(`${summary}; open subscriptions follow at once`)
      .requiredOption('--reason <text>', 'why; it goes on the ledger')
      .addHelpText('after', `\nExample:\n  $ sluice grants ${act} g-tax-licences --reason "case 2026-17"`)
      .action(async (grant: string, options: ConnectionOptions & { reason: string }) => {
        const path = `/v1/grants/${encodeURIComponent(grant)}/${act}`;
        const body = { reason: options.reason };
        const changed = await apiOf(options).json<GrantDocument>(path, { method: 'POST', body });
        await terminal.out(options.json ? JSON.stringify(changed) : `grant ${grant} is ${changed.status}`);
      });
  }
}

async function list(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const grants = await allGrants(options);
  if (options.json) return terminal.out(JSON.stringify(grants));
  const rows = grants.map((grant) => [
    grant.id,
    grant.status ?? '',
    grant.system,
    grant.entry,
    `${grant.items.length}`,
    grant.rows === undefined ? 'all' : Object.keys(grant.rows).join(', '),
    grant.period.to,
  ]);
  for (const line of table(['GRANT', 'STATUS', 'SYSTEM', 'ENTRY', 'ITEMS', 'ROWS BY', 'UNTIL'], rows)) {
    await terminal.out(line);
  }
}

/** The bus answers in pages. */
export async function allGrants(options: ConnectionOptions): Promise<GrantDocument[]> {
  const all: GrantDocument[] = [];
  for (let after: string | undefined; ; ) {
    const query = { after, limit: PAGE_GRANTS };
    const page = await apiOf(options).json<{ grants: GrantDocument[]; next?: string }>('/v1/grants', { query });
    all.push(...page.grants);
    if (page.next === undefined) return all;
    after = page.next;
  }
}

async function show(grant: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const document = await apiOf(options).json<GrantDocument>(`/v1/grants/${encodeURIComponent(grant)}`);
  if (options.json) return terminal.out(JSON.stringify(document));
  const { items, rows = {}, period, ...fields } = document;
  const lines = Object.entries({ ...fields, period: `${period.from} to ${period.to}`, ends: endOf(period) }).map(
    ([name, value]) => [name, plain(value)],
  );
  const itemLines = items.map(({ name, transform }) => [`  ${name}`, transform ?? '']);
  const rowLines = Object.entries(rows).map(([item, predicate]) => [`  ${item}`, JSON.stringify(predicate)]);
  const all = [
    ...lines,
    ['items', `${items.length}`],
    ...itemLines,
    ['rows', rowLines.length > 0 ? '' : 'all'],
    ...rowLines,
  ];
  for (const line of table(['FIELD', 'VALUE'], all)) await terminal.out(line);
}

/** A date is a whole day in UTC+8, which belongs to the period. */
function endOf({ to }: GrantPeriod): string {
  if (!isDay(to)) return to;
  const nextDay = new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return `${nextDay}T00:00:00+08:00`;
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
