import type { Command } from 'commander';
import { ApiError } from '../../../client/errors.js';
import { problemTexts } from '../../../proto/errors.js';
import type { StoreUsage, StreamUsage } from '../../../proto/http/store-usage.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT } from '../../exit-codes.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function addStatus(program: Command, terminal: Terminal): void {
  withConnection(program.command('status'))
    .summary('show whether the bus is ready')
    .description(
      'Show whether events can be published and streamed, and with a token that may read it how full the store is. Ends with exit code 3 when they cannot.',
    )
    .addHelpText('after', '\nExample:\n  $ sluice status --url https://bus.example')
    .action((options: ConnectionOptions) => status(options, terminal));
}

async function status(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const { isReady, reasons, warnings, notices } = await readiness(options);
  const usage = await storeUsage(options);
  if (options.json) {
    await terminal.out(JSON.stringify({ url: options.url, ready: isReady, reasons, warnings, notices, store: usage }));
  } else {
    await terminal.out(isReady ? `${options.url} is ready` : `${options.url} is up but not ready:`);
    for (const reason of reasons) await terminal.out(`  - ${reason}`);
    for (const warning of warnings) await terminal.out(`  warning: ${warning}`);
    if (usage) for (const line of usageLines(usage)) await terminal.out(line);
    // Last, since they are there at every call and no fault: whoever looks for one reads what is above.
    for (const notice of notices) await terminal.out(`note, no fault: the NATS server: ${notice}`);
  }
  if (!isReady) throw new CommandEnded(EXIT.UNREACHABLE);
}

interface Readiness {
  isReady: boolean;
  reasons: string[];
  /** Faults that do not make the bus unready; a bus of an earlier version has them among its notices. */
  warnings: string[];
  /** Advice to the operator of an external store. */
  notices: string[];
}

async function readiness(options: ConnectionOptions): Promise<Readiness> {
  try {
    const { warnings = [], notices = [] } = await apiOf(options).json<Partial<Readiness>>('/readyz');
    return { isReady: true, reasons: [], warnings, notices };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return {
      isReady: false,
      reasons: error.problem.problems ? problemTexts(error.problem.problems) : [error.problem.detail],
      warnings: [],
      notices: [],
    };
  }
}

/** Undefined for a caller who may not read it, and from a bus that cannot say it at the moment. */
async function storeUsage(options: ConnectionOptions): Promise<StoreUsage | undefined> {
  if (options.token === undefined) return undefined;
  try {
    return await apiOf(options).json<StoreUsage>('/v1/store');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return undefined;
  }
}

function usageLines({ capacity, free, streams }: StoreUsage): string[] {
  const rows = streams.map((stream) => {
    const { name, messages, used } = stream;
    const nearest = nearestLimit(stream);
    const limit = nearest ? [nearest.text, `${Math.floor(100 * nearest.share)} %`] : ['-', '-'];
    return [name, String(messages), bytesText(used), ...limit];
  });
  const left = capacity === null || free === null ? [] : [`store: ${bytesText(free)} of ${bytesText(capacity)} free`];
  return [...left, ...table(['STREAM', 'MESSAGES', 'USED', 'LIMIT', 'OF LIMIT'], rows)];
}

/** The limit of a stream that is reached first; undefined for one without. */
function nearestLimit({ messages, used, limit, messageLimit = null }: StreamUsage) {
  const ofBytes = limit === null ? [] : [{ text: bytesText(limit), share: used / limit }];
  const ofMessages =
    messageLimit === null ? [] : [{ text: `${messageLimit} messages`, share: messages / messageLimit }];
  return [...ofBytes, ...ofMessages].sort((a, b) => b.share - a.share)[0];
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** In the greatest unit that leaves at least 1 before the point. */
function bytesText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return `${(bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}
