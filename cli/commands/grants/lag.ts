import type { Command } from 'commander';
import type { CursorLag, LagReport } from '../../../proto/http/lag.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function addLag(program: Command, terminal: Terminal): void {
  withConnection(program.command('lag [grant]'))
    .summary('show how far each cursor of a grant, or of all visible grants, is behind')
    .description(
      'Show how far each cursor is behind: granted events that are not acknowledged, and the age of the oldest. The one ' +
        'furthest behind comes first.',
    )
    .addHelpText('after', '\nExamples:\n  $ sluice lag\n  $ sluice lag g-tax-licences --json')
    .action((grant: string | undefined, options: ConnectionOptions) => lag(grant, options, terminal));
}

async function lag(grant: string | undefined, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const cursors = await allCursors(grant, options);
  if (options.json) return terminal.out(JSON.stringify(cursors));
  const nowMs = Date.now();
  const rows = cursors
    .sort((a, b) => b.unacknowledged - a.unacknowledged || ageMs(b, nowMs) - ageMs(a, nowMs))
    .map((one) => [
      one.grant,
      one.system,
      one.entry,
      one.cursor,
      `${one.unacknowledged}${one.more ? '+' : ''}`,
      one.oldestAt === null ? '-' : ageText(ageMs(one, nowMs)),
      one.connected ? 'yes' : 'no',
      one.lastAckAt ?? 'never',
    ]);
  const head = ['GRANT', 'SYSTEM', 'ENTRY', 'CURSOR', 'LAG', 'OLDEST', 'CONNECTED', 'LAST ACK'];
  for (const line of table(head, rows)) await terminal.out(line);
}

/** The bus answers in pages of grants. */
async function allCursors(grant: string | undefined, options: ConnectionOptions): Promise<CursorLag[]> {
  const all: CursorLag[] = [];
  for (let after: string | undefined; ; ) {
    const page = await apiOf(options).json<LagReport>('/v1/lag', { query: { grant, after } });
    all.push(...page.cursors);
    if (page.next === undefined) return all;
    after = page.next;
  }
}

const ageMs = ({ oldestAt }: CursorLag, nowMs: number): number =>
  oldestAt === null ? 0 : nowMs - Date.parse(oldestAt);

/** The two greatest units, such as `3 d 4 h`. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
