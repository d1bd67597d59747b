import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import { Subscriber } from '../../../client/subscribe/subscriber.js';
import type { SubscriberOptions, SubscriberState } from '../../../client/subscribe/subscriber-options.js';
import type { From } from '../../../proto/frames/frames.js';
import { withConnection } from '../../connection-options.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import { countOf, ENCODINGS, fromOf, narrowOf, type SubscribeOptions, subprotocolOf } from './subscribe-options.js';
import { describeSubscriberState, subscriberStateJson } from './subscriber-state.js';

const EXAMPLE = `
Without --ack no cursor moves, and no other session of the grant is affected.

Examples:
  $ sluice subscribe g-health-births --from latest
  $ sluice subscribe g-tax-licences --ack --cursor import >> licences.ndjson
  $ sluice subscribe g-gulou-residents --narrow '{"regionCode": {"is": "350102"}}' --limit 10`;

/**
 * Without acknowledgements a subscription ends with its credit; `Follower` then opens a new one from where it ended.
 */
const UNACKNOWLEDGED_CREDIT = 10_000;
const ACKNOWLEDGED_CREDIT = 1_000;

export function addSubscribe(program: Command, terminal: Terminal): void {
  withConnection(program.command('subscribe <grant>'))
    .summary('follow a grant and print its events')
    .description(
      'Follow a grant and print its events as NDJSON on standard output, until Ctrl-C. States go to standard error.',
    )
    .option('--from <start>', 'cursor, earliest, latest, a position, position@log, or a time (default: cursor)', fromOf)
    .option('--cursor <name>', 'name of the durable position (default: default; without --ack a random one)')
    .addOption(new Option('--encoding <encoding>', 'encoding of the frames').choices(ENCODINGS).default('json'))
    .option('--ack', 'acknowledge each event when it is printed, so that the next run continues after it')
    .option('--narrow <json>', 'a row filter of your own, inside the granted rows', narrowOf)
    .option('--limit <count>', 'end after this many events', countOf)
    .addHelpText('after', EXAMPLE)
    .action((grant: string, options: SubscribeOptions) => new Follower(grant, options, terminal).run());
}

class Follower {
  #printed = 0;
  #subscriber: Subscriber | undefined;
  #isStopping = false;

  constructor(
    private readonly grant: string,
    private readonly options: SubscribeOptions,
    private readonly terminal: Terminal,
  ) {}

  async run(): Promise<void> {
    const release = onInterruption(() => void this.#stop());
    const { limit = Number.POSITIVE_INFINITY, cursor = this.#defaultCursor() } = this.options;
    try {
      let from = this.options.from;
      while (this.#printed < limit && !this.#isStopping) from = await this.#follow(cursor, from, limit);
    } finally {
      release();
    }
  }

  /**
   * Follows until the limit, or until the credit of a subscription without acknowledgements is used up. Returns where
   * the next one starts.
   */
  async #follow(cursor: string, from: From | undefined, limit: number): Promise<From | undefined> {
    const subscriber = new Subscriber(this.#subscriberOptions(cursor, from));
    this.#subscriber = subscriber;
    const printedMax = this.options.ack ? limit : Math.min(limit, this.#printed + UNACKNOWLEDGED_CREDIT);
    for await (const delivery of subscriber) {
      await this.terminal.out(JSON.stringify(delivery.event));
      if (this.options.ack) delivery.ack();
      if (++this.#printed >= printedMax) break;
    }
    return subscriber.resumePoint ?? from;
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    await this.#subscriber?.close();
  }

  #subscriberOptions(cursor: string, from: From | undefined): SubscriberOptions {
    const { url, token, narrow, encoding, ack } = this.options;
    return {
      url,
      token,
      grant: this.grant,
      cursor,
      from,
      narrow,
      encoding: subprotocolOf(encoding),
      credit: ack ? ACKNOWLEDGED_CREDIT : UNACKNOWLEDGED_CREDIT,
      acknowledge: ack ? 'explicit' : 'never',
      onState: (state) => this.#report(state),
    };
  }

  #report(state: SubscriberState): void {
    const text = this.options.json ? subscriberStateJson(state) : describeSubscriberState(state);
    if (text !== undefined) this.terminal.err(text);
  }

  /**
   * A session for one grant and cursor supersedes an older one. A command without --ack uses a cursor of its own, so
   * that it never ends the session of the department's own program.
   */
  #defaultCursor(): string {
    return this.options.ack ? 'default' : `look-${randomBytes(4).toString('hex')}`;
  }
}
