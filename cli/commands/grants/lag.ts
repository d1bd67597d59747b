import type { Command } from 'commander';
import type { CursorLag, LagReport } from '../../../proto/http/lag.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { allGrants } from './grants.js';

/** A connected program that acknowledges keeps to this even when it is slow. */
const ACKNOWLEDGING_MS = 60_000;
const GRANTS_NAMED_MAX = 10;

export function addLag(program: Command, terminal: Terminal): void {
  withConnection(program.command('lag [grant]'))
    .summary('show how far each cursor of a grant, or of all visible grants, is behind')
    .description(
      'Show how far each cursor is behind: granted events that are not acknowledged, and the age of the oldest. The one ' +
        'furthest behind comes first.',
    )
    .addHelpText(
      'after',
      '\nSTATE says why: caught up (with what the bus has accepted; what a source does not send, or what was refused, is no\n' +
        'lag); not connected (no session follows the cursor, and no page was read with it for some\n' +
        'seconds); acknowledging (a program works on it: an acknowledgement came within the last minute); not acknowledging\n' +
        '(it is connected, but stuck).\n' +
        'Grants in force without any cursor are named on standard error: nothing of them was ever acknowledged.\n' +
        '\nExamples:\n  $ sluice lag\n  $ sluice lag g-tax-licences --json',
    )
    .action((grant: string | undefined, options: ConnectionOptions) => lag(grant, options, terminal));
}

async function lag(grant: string | undefined, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const { cursors, asOf } = await allCursors(grant, options);
  if (asOf !== undefined) terminal.err(slowStore(asOf, Date.now()));
  if (options.json) return terminal.out(JSON.stringify(cursors));
  const nowMs = Date.now();
  const rows = cursors
    .sort((a, b) => b.unacknowledged - a.unacknowledged || ageMs(b.oldestAt, nowMs) - ageMs(a.oldestAt, nowMs))
    .map((one) => [
      one.grant,
      one.cursor,
      `${one.unacknowledged}${one.more ? '+' : ''}`,
      one.oldestAt === null ? '-' : ageText(ageMs(one.oldestAt, nowMs)),
      one.lastAckAt === null ? 'never' : `${ageText(ageMs(one.lastAckAt, nowMs))} ago`,
      stateOf(one, nowMs),
      `${one.position ?? '-'}`,
      `${one.end}`,
      one.system,
      one.entry,
    ]);
  // The state comes first, since it says why: a line of 80 columns ends behind it.
  const head = ['GRANT', 'CURSOR', 'LAG', 'OLDEST', 'LAST ACK', 'STATE', 'POSITION', 'END', 'SYSTEM', 'ENTRY'];
  if (rows.length > 0) for (const line of table(head, rows)) await terminal.out(line);
  const idle = grant === undefined ? await grantsWithoutCursor(cursors, options) : rows.length === 0 ? [grant] : [];
  if (idle.length > 0) terminal.err(`no cursor, nothing was ever acknowledged: ${namesOf(idle)}`);
  else if (rows.length === 0) terminal.err('no grant in force is visible to this caller');
}

/** The bus answers in pages of grants, of which the oldest figures say how far the report can be believed. */
async function allCursors(grant: string | undefined, options: ConnectionOptions): Promise<LagReport> {
  const all: CursorLag[] = [];
  let asOf: string | undefined;
  for (let after: string | undefined; ; ) {
    const page = await apiOf(options).json<LagReport>('/v1/lag', { query: { grant, after } });
    all.push(...page.cursors);
    if (page.asOf !== undefined && (asOf === undefined || page.asOf < asOf)) asOf = page.asOf;
    if (page.next === undefined) return { cursors: all, asOf };
    after = page.next;
  }
}

const slowStore = (asOf: string, nowMs: number): string =>
  `the store answers slowly: acknowledgements of the last ${ageText(ageMs(asOf, nowMs))} are not counted; see "NATS is slow" in docs/operations.md`;

/** Those whose subscriber is behind with everything; the report has cursors only. */
async function grantsWithoutCursor(cursors: readonly CursorLag[], options: ConnectionOptions): Promise<string[]> {
  const withCursor = new Set(cursors.map(({ grant }) => grant));
  const grants = await allGrants(options);
  return grants.filter(({ id, status }) => status === 'in_force' && !withCursor.has(id)).map(({ id }) => id);
}

function namesOf(grants: readonly string[]): string {
  const more = grants.length - GRANTS_NAMED_MAX;
  return `${grants.slice(0, GRANTS_NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function stateOf({ unacknowledged, more, connected, lastAckAt }: CursorLag, nowMs: number): string {
  if (unacknowledged === 0 && !more) return connected ? 'caught up' : 'caught up, not connected';
  if (!connected) return 'not connected';
  const isAcknowledging = lastAckAt !== null && ageMs(lastAckAt, nowMs) < ACKNOWLEDGING_MS;
  return isAcknowledging ? 'acknowledging' : 'not acknowledging';
}

const ageMs = (at: string | null, nowMs: number): number => (at === null ? 0 : nowMs - Date.parse(at));

/** The two greatest units, such as `3 d 4 h`. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
