import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { failureOf } from '../../failure.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import { FullScreen } from './full-screen.js';
import { type BusSample, readBus } from './read-bus.js';
import { failureReport, reportOf } from './report.js';
import { comparable, isRefused, type TopOptions, Watch } from './watch.js';

const REFRESH_MS = 1_000;
/** After an answer that took nearly as long as a refresh, so that a slow bus is not asked without a pause. */
const PAUSE_MS_MIN = 250;

const KEYS = `
Keys:
  Tab             grants, entries, parties in turn
  s               sort by lag, rate, age, credit, last acknowledgement or name
  /               show only rows with a text in a name; Esc shows all again
  j k, arrows, PgUp, PgDn, Home, End   move
  Enter           follow the grant of the row; of an entry or a party its grants
  e               follow one event: which cursors have acknowledged it
  Esc             back
  q, Ctrl-C       quit

Columns: RATE/S deliveries, IN/S accepted and OUT/S delivered events per second; LAG events that are not acknowledged, OLDEST age of the oldest of them; CREDIT
events that may still be sent before an acknowledgement; LAST ACK time since the last one; ON whether somebody follows (of several cursors how many).

Examples:
  $ sluice top
  $ sluice top --json --count 2 | jq .grants`;

export function addTop(program: Command, terminal: Terminal): void {
  withConnection(program.command('top'))
    .summary('watch parties, entries and grants: rates, lag, age, credit, last acknowledgement')
    .description(
      'Watch what the bus does, once a second: accepted events and deliveries per second, lag, age of the oldest unacknowledged event, credit and last ' +
        'acknowledgement by grant, entry or party. Enter follows the selected grant, e one event. Nothing is delivered and no cursor moves. ' +
        'Rates are those of the one broker (with all its workers) that answers at --url.',
    )
    .option('--party <party>', 'only grants that this party holds or provides')
    .option('--count <samples>', 'end after so many samples (with --json; default: never)', sampleCount)
    .addHelpText('after', KEYS)
    .action((options: TopOptions) => (options.json ? asJson(options, terminal) : onScreen(options)));
}

function sampleCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a number above 0.');
  return Number(text);
}

/** Waits for the rest of the second that began at `startedMs` of the process's clock. */
async function nextRefresh(startedMs: number, signal: AbortSignal): Promise<void> {
  const restMs = REFRESH_MS - (performance.now() - startedMs);
  await delay(Math.max(PAUSE_MS_MIN, restMs), undefined, { signal }).catch(() => undefined);
}

/** One line of JSON per sample. Rates are null in the first one, and after a restart of the broker. */
async function asJson(options: TopOptions, terminal: Terminal): Promise<void> {
  const ended = new AbortController();
  const release = onInterruption(() => ended.abort());
  try {
    let before: BusSample | undefined;
    for (let index = 0; index < (options.count ?? Number.POSITIVE_INFINITY) && !ended.signal.aborted; index++) {
      const startedMs = performance.now();
      const now = await sampleOrFailure(options, index === 0, ended.signal);
      const report = 'failure' in now ? failureReport(now.failure, Date.now()) : reportOf(now, comparable(now, before));
      await terminal.out(JSON.stringify(report));
      before = 'failure' in now ? undefined : now;
      if (index + 1 !== options.count) await nextRefresh(startedMs, ended.signal);
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    release();
  }
}

/** A failure of the first sample ends the command, and so does a token that is refused; any other is a line like the rest. */
async function sampleOrFailure(
  options: TopOptions,
  isFirst: boolean,
  signal: AbortSignal,
): Promise<BusSample | { failure: string }> {
  try {
    return await readBus(options, { party: options.party, hasPositions: true }, signal);
  } catch (error) {
    const known = await failureOf(error);
    if (isFirst || signal.aborted || !known || isRefused(error)) throw error;
    return { failure: known.message };
  }
}

async function onScreen(options: TopOptions): Promise<void> {
  const { stdin: input, stdout: output } = process;
  const advice = 'use --json in a pipe or a script';
  if (!input.isTTY || !output.isTTY) throw new UsageError(`top needs a terminal; ${advice}`);
  if (process.env.TERM === 'dumb') throw new UsageError(`top cannot draw on a terminal with TERM=dumb; ${advice}`);
  if (options.count !== undefined) throw new UsageError('--count is for --json: the screen ends with q');
  const ended = new AbortController();
  // A wrong address or token is reported before the screen changes.
  const watch = new Watch(options, await readBus(options, { party: options.party, hasPositions: false }, ended.signal));
  const screen = new FullScreen(
    { input, output },
    {
      key: (key) => {
        if (watch.press(key, screen.size)) draw();
        else ended.abort();
      },
      resized: () => draw(),
    },
  );
  const draw = (): void => screen.draw(watch.lines(screen.size));
  const release = onInterruption(() => ended.abort());
  screen.open();
  try {
    for (let startedMs = performance.now(); !ended.signal.aborted; ) {
      draw();
      await nextRefresh(startedMs, ended.signal);
      startedMs = performance.now();
      await watch.refresh(ended.signal);
    }
  } finally {
    screen.close();
    release();
  }
}
