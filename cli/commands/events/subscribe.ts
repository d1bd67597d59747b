import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import { apiOf, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';
import { BoundedFollower } from './bounded-follower.js';
import { EventPrinter } from './event-printer.js';
import { LiveFollower } from './live-follower.js';
import {
  countOf,
  ENCODINGS,
  endOf,
  fromOf,
  narrowOf,
  OUTPUTS,
  opsOf,
  type SubscribeOptions,
  sinceOf,
} from './subscribe-options.js';

const EXAMPLE = `
Without --ack no cursor moves, and no other session of the grant is affected; the cursor of this look alone is removed
at its end.
With --to or --until-caught-up the command ends by itself; it reads pages then, and --encoding has no effect.

Examples:
  $ sluice subscribe g-health-births --from latest
  $ sluice subscribe g-tax-licences --ack --cursor import >> licences.ndjson
  $ sluice subscribe g-tax-licences --since 1h --op delete,leave --output table --until-caught-up
  $ sluice subscribe g-gulou-residents --narrow '{"regionCode": {"is": "350102"}}' --limit 10`;

export function addSubscribe(program: Command, terminal: Terminal): void {
  withConnection(program.command('subscribe <grant>'))
    .summary('follow a grant and print its events')
    .description(
      'Follow a grant and print its events as NDJSON on standard output, until Ctrl-C. States go to standard error.',
    )
    .option('--from <start>', 'cursor, earliest, latest, a position, position@log, or a time (default: cursor)', fromOf)
    .addOption(
      new Option('--since <duration>', 'from this long ago: 90s, 15m, 1h, 2d').argParser(sinceOf).conflicts('from'),
    )
    .option('--to <end>', 'end after this position or time', endOf)
    .option('--until-caught-up', 'end at the end of the log')
    .option('--op <ops>', 'print only these ops, separated by commas', opsOf)
    .option('--subject <key>', 'print only events of this record')
    .addOption(new Option('--output <format>', 'format of the events').choices(OUTPUTS).default('json'))
    .option('--cursor <name>', 'name of the durable position (default: default; without --ack a random one)')
    .addOption(new Option('--encoding <encoding>', 'encoding of the frames').choices(ENCODINGS).default('json'))
    .option('--ack', 'acknowledge each event when it is printed, so that the next run continues after it')
    .option('--narrow <json>', 'a row filter of your own, inside the granted rows', narrowOf)
    .option('--limit <count>', 'end after this many printed events', countOf)
    .addHelpText('after', EXAMPLE)
    .action((grant: string, options: SubscribeOptions) => subscribe(grant, options, terminal));
}

async function subscribe(grant: string, options: SubscribeOptions, terminal: Terminal): Promise<void> {
  if (options.ack && (options.op || options.subject !== undefined)) {
    throw new UsageError('--ack would acknowledge events that --op or --subject leave out; use --narrow instead');
  }
  const printer = await EventPrinter.open(grant, options, terminal);
  const cursor = options.cursor ?? defaultCursor(options);
  const from = options.since === undefined ? options.from : { time: options.since };
  const following = { ...options, from };
  if (options.to !== undefined || options.untilCaughtUp) {
    await new BoundedFollower(grant, cursor, following, printer).run();
  } else {
    const follower = new LiveFollower(grant, cursor, following, printer, terminal);
    const isLook = options.cursor === undefined && !options.ack;
    try {
      await follower.run();
    } finally {
      if (isLook && follower.hasSubscribed) await forget(grant, cursor, options, terminal);
    }
  }
}

/**
 * Removes the cursor of a look. Nobody ever acknowledges it, so its lag would grow until the grant ends. See
 * docs/decisions/0320.
 */
async function forget(grant: string, cursor: string, options: SubscribeOptions, terminal: Terminal): Promise<void> {
  const path = `/v1/grants/${encodeURIComponent(grant)}/cursors/${cursor}`;
  try {
    await apiOf(options).json(path, { method: 'DELETE', body: { reason: 'a look without --ack has ended' } });
  } catch {
    terminal.err(`sluice: cursor ${cursor} is left: sluice cursors rm ${grant} ${cursor} --reason "…"`);
  }
}

/**
 * A session for one grant and cursor supersedes an older one. A command without --ack uses a cursor of its own, so
 * that it never ends the session of the department's own program.
 */
function defaultCursor({ ack }: SubscribeOptions): string {
  return ack ? 'default' : `look-${randomBytes(4).toString('hex')}`;
}
