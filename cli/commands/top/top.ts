import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { failureOf } from '../../failure.js';
import { onInterruption } from '../../interruption.js';
import type { Terminal } from '../../terminal.js';
import { FullScreen } from './full-screen.js';
import { afterKey, type ScreenState, STARTING_STATE } from './keys.js';
import { rateOf, rowsOf, VIEWS } from './rates.js';
import { type BusSample, readBus } from './read-bus.js';
import { screenLines } from './screen.js';

interface TopOptions extends ConnectionOptions {
  party?: string;
  count?: number;
}

const REFRESH_MS = 1_000;

export function addTop(program: Command, terminal: Terminal): void {
  withConnection(program.command('top'))
    .summary('watch parties, entries and grants: rates, lag, age, credit, last acknowledgement')
    .description(
      'Watch what the bus does, once a second: accepted events and deliveries per second, lag, age of the oldest unacknowledged event, credit and last ' +
        'acknowledgement by grant, entry or party. Enter follows the selected grant, e one event. Nothing is delivered and no cursor moves.',
    )
    .option('--party <party>', 'only grants that this party holds or provides')
    .option('--count <samples>', 'end after so many samples (with --json; default: never)', sampleCount)
    .addHelpText('after', '\nExamples:\n  $ sluice top\n  $ sluice top --json --count 2 | jq .grants')
    .action((options: TopOptions) => (options.json ? asJson(options, terminal) : onScreen(options)));
}

function sampleCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a number above 0.');
  return Number(text);
}

/** One line of JSON per sample. Rates are null in the first one. */
async function asJson(options: TopOptions, terminal: Terminal): Promise<void> {
  const ended = new AbortController();
  const release = onInterruption(() => ended.abort());
  try {
    let before: BusSample | undefined;
    for (let left = options.count ?? Number.POSITIVE_INFINITY; left > 0 && !ended.signal.aborted; left--) {
      const now = await readBus(options, options.party, ended.signal);
      await terminal.out(JSON.stringify(reportOf(now, before)));
      before = now;
      if (left > 1) await delay(REFRESH_MS, undefined, { signal: ended.signal });
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    release();
  }
}

function reportOf(now: BusSample, before: BusSample | undefined): object {
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  const { cursors: _, entries: __, atMs, problems, accepted, refused, delivered, ...gauges } = now;
  const views = VIEWS.map((view) => [
    view,
    rowsOf(view, now, before).map(({ one, rate = null, acceptedRate = null, ...row }) => {
      return { ...one, ...row, rate, ...(view !== 'grants' && { acceptedRate }) };
    }),
  ]);
  return {
    at: new Date(atMs).toISOString(),
    ready: problems.length === 0,
    problems,
    acceptedRate: rateOf(accepted, before?.accepted, elapsedMs) ?? null,
    refusedRate: rateOf(refused, before?.refused, elapsedMs) ?? null,
    deliveredRate: rateOf(delivered, before?.delivered, elapsedMs) ?? null,
    ...gauges,
    ...Object.fromEntries(views),
  };
}

async function onScreen(options: TopOptions): Promise<void> {
  const { stdin: input, stdout: output } = process;
  if (!input.isTTY || !output.isTTY) throw new UsageError('top needs a terminal; use --json in a pipe or a script');
  // A wrong address or token is reported before the screen changes.
  const ended = new AbortController();
  const watch = new Watch(options, await readBus(options, options.party, ended.signal));
  const screen = new FullScreen(
    { input, output },
    {
      key: (key) => {
        if (watch.press(key)) draw();
        else ended.abort();
      },
      resized: () => draw(),
    },
  );
  const draw = (): void => screen.draw(watch.lines(screen.size));
  const release = onInterruption(() => ended.abort());
  screen.open();
  try {
    while (!ended.signal.aborted) {
      draw();
      await delay(REFRESH_MS, undefined, { signal: ended.signal }).catch(() => undefined);
      await watch.refresh(ended.signal);
    }
  } finally {
    screen.close();
    release();
  }
}

/** The last two samples, and what the keys have made of the screen. */
class Watch {
  #before: BusSample | undefined;
  #state: ScreenState = STARTING_STATE;
  #failure: string | undefined;
  readonly #hasColours = process.env.NO_COLOR === undefined || process.env.NO_COLOR === '';

  constructor(
    private readonly options: TopOptions,
    private now: BusSample,
  ) {}

  lines(size: { columns: number; lines: number }): string[] {
    const { url } = this.options;
    return screenLines({
      ...size,
      url,
      state: this.#state,
      now: this.now,
      before: this.#before,
      failure: this.#failure,
      hasColours: this.#hasColours,
    });
  }

  /** False when the key ends the command. */
  press(key: string): boolean {
    const { view, selected } = this.#state;
    const rows = rowsOf(view, this.now, this.#before);
    const row = rows[Math.min(selected, rows.length - 1)];
    const entry = row?.one?.entry ?? (view === 'entries' ? row?.id : undefined);
    const next = afterKey(this.#state, key, { grant: row?.one?.grant, entry, count: rows.length });
    if (next) this.#state = next;
    return next !== undefined;
  }

  /** Keeps the last sample on the screen while the bus does not answer. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const next = await readBus(this.options, this.options.party, signal);
      [this.#before, this.now, this.#failure] = [this.now, next, undefined];
    } catch (error) {
      const known = await failureOf(error);
      if (!known && !signal.aborted) throw error;
      this.#failure = known?.message;
    }
  }
}
