import type { Command } from 'commander';
import type { Bus } from '../../../broker/nats/bus.js';
import {
  ATTACHMENTS_STREAM,
  CURSORS_STREAM,
  LEDGER_STREAM,
  QUARANTINE_STREAM,
  RECEIPTS_STREAM,
} from '../../../broker/nats/stream-names.js';
import { UsageError } from '../../exit-codes.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import { openSource, openTarget, streamsOf } from './open-stores.js';

interface CopyOptions {
  from: string;
  to: string;
  replicas: string;
}

interface Copying {
  replicas: number;
  signal: AbortSignal;
  terminal: Terminal;
}

/**
 * The order makes the copy of a running bus one that can be begun with (docs/decisions/0207). Watermarks and cursors come before the
 * logs: an older watermark makes a source send again what is a duplicate, a newer one would lose events. The ledger comes after
 * the logs, since it names what they refer to, and before what only counts by being named in it or sealed by it.
 */
const BEFORE_EVENTS = [CURSORS_STREAM, QUARANTINE_STREAM];
const AFTER_EVENTS = [LEDGER_STREAM, RECEIPTS_STREAM, ATTACHMENTS_STREAM];

export function addStore(program: Command, terminal: Terminal): void {
  const store = program.command('store').summary('copy the store of a bus: a backup, or a move to other servers');
  store
    .command('copy')
    .summary('copy all streams from one data folder or NATS to an empty other')
    .description(
      'Copy all streams with their positions and log epochs. FROM and TO are data folders, or addresses of NATS (nats://user:pass@host:4222). ' +
        'A data folder may be that of a running bus. A copy that was made while events came in is a backup: start it with SLUICE_RESTORED=1. To move, stop all ' +
        'brokers first; then the copy goes on where the source was. Run it as the user that owns the data folders. An interrupted copy is begun anew by the same command.',
    )
    .requiredOption('--from <store>', 'data folder or address of NATS')
    .requiredOption('--to <store>', 'new data folder or address of NATS')
    .option('--replicas <number>', 'copies of each stream at the target: 1, 3 or 5', '1')
    .addHelpText('after', '\nExample:\n  $ sluice store copy --from /var/lib/sluice --to /backup/2026-11-28')
    .action((options: CopyOptions) => copy(options, terminal));
}

async function copy({ from, to, replicas }: CopyOptions, terminal: Terminal): Promise<void> {
  if (!['1', '3', '5'].includes(replicas)) throw new UsageError(`--replicas must be 1, 3 or 5, not ${replicas}`);
  const ending = new AbortController();
  const stopListening = onInterruption(() => ending.abort());
  try {
    const source = await openSource(from);
    try {
      await copyTo(to, source.bus, { replicas: Number(replicas), signal: ending.signal, terminal });
    } finally {
      await source.close();
    }
  } finally {
    stopListening();
  }
}

async function copyTo(to: string, source: Bus, copying: Copying): Promise<void> {
  const target = await openTarget(to);
  try {
    const copied = await copyAll(source, target.bus, copying).catch(async (error: unknown) => {
      await target.discard();
      throw error;
    });
    // The copy is whole: a source that is away by now takes nothing from it.
    await warnOfMoved(source, copied, copying.terminal);
  } finally {
    await target.close();
  }
}

/**
 * Copies stream after stream; resolves with the last position of each. The target is marked until all are there: what it holds before
 * must not be taken for a store.
 */
async function copyAll(
  source: Bus,
  target: Bus,
  { replicas, signal, terminal }: Copying,
): Promise<ReadonlyMap<string, number>> {
  const [{ copyStream }, { markFinished, markUnfinished }] = await Promise.all([
    import('../../../broker/nats/copy-stream.js'),
    import('../../../broker/nats/unfinished-copy.js'),
  ]);
  const names = inOrder(await streamsOf(source));
  await markUnfinished(target, replicas);
  const copied = new Map<string, number>();
  for (const name of names) {
    const { messages, lastPosition } = await copyStream(source, target, name, { replicas, signal });
    copied.set(name, lastPosition);
    await terminal.out(`${name}: ${messages} messages, through position ${lastPosition}`);
  }
  await markFinished(target);
  return copied;
}

/** A copy that lacks what came in meanwhile must not go on where its source was: positions would be given twice. */
async function warnOfMoved({ jsm }: Bus, copied: ReadonlyMap<string, number>, terminal: Terminal): Promise<void> {
  const grown: string[] = [];
  for (const [name, lastPosition] of copied) {
    const { state } = await jsm.streams.info(name);
    if (state.last_seq > lastPosition) grown.push(name);
  }
  if (grown.length === 0) return;
  terminal.err(
    `the bus went on while it was copied (${grown.join(', ')}): this copy is a backup. Start it with SLUICE_RESTORED=1; ` +
      'to move the bus, stop all brokers and copy again',
  );
}

function inOrder(names: readonly string[]): string[] {
  if (names.length === 0)
    throw new UsageError(
      'there are no streams of a bus at --from: name its data folder, or its NATS with user and password',
    );
  const events = names.filter((name) => /^EV_\d+$/.test(name)).sort();
  return [...BEFORE_EVENTS, ...events, ...AFTER_EVENTS].filter((name) => names.includes(name));
}
