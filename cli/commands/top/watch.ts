import { ApiError } from '../../../client/errors.js';
import type { ConnectionOptions } from '../../connection-options.js';
import { failureOf } from '../../failure.js';
import { followedCursors } from './followed.js';
import { afterKey, type ScreenState, STARTING_STATE } from './keys.js';
import { rowsOf } from './rates.js';
import { type BusSample, type Question, readBus } from './read-bus.js';
import { pageOf, screenLines } from './screen.js';

export interface TopOptions extends ConnectionOptions {
  party?: string;
  count?: number;
}

interface Size {
  columns: number;
  lines: number;
}

/** A token that was refused is refused again: asking each second would look like somebody who guesses tokens. */
export const isRefused = (error: unknown): boolean =>
  error instanceof ApiError && (error.problem.status === 401 || error.problem.status === 403);

/** The sample to make rates with: none when the broker has started again meanwhile, or another one answered. */
export const comparable = (now: BusSample, before: BusSample | undefined): BusSample | undefined =>
  before?.startedAt === now.startedAt ? before : undefined;

/** The last two samples, and what the keys have made of the screen. */
export class Watch {
  #now: BusSample;
  #before: BusSample | undefined;
  #state: ScreenState = STARTING_STATE;
  #failure: string | undefined;
  readonly #hasColours = process.env.NO_COLOR === undefined || process.env.NO_COLOR === '';

  constructor(
    private readonly options: TopOptions,
    first: BusSample,
  ) {
    this.#now = first;
  }

  lines(size: Size): string[] {
    return screenLines({
      columns: size.columns,
      lines: size.lines,
      url: this.options.url,
      state: this.#state,
      now: this.#now,
      before: this.#before,
      failure: this.#failure,
      hasColours: this.#hasColours,
    });
  }

  /** False when the key ends the command. */
  press(key: string, size: Size): boolean {
    const { view, followed } = this.#state;
    const next = afterKey(this.#state, key, {
      rows: rowsOf(view, this.#now, this.#before, this.#state),
      followedCount: followed ? followedCursors(followed, this.#now).length : 0,
      page: pageOf(size),
    });
    if (next) this.#state = next;
    return next !== undefined;
  }

  /** Positions cost the bus as much as all the rest, and only what is followed shows them. */
  get question(): Question {
    return { party: this.options.party, hasPositions: this.#state.followed !== undefined };
  }

  /** Keeps the last sample on the screen while the bus does not answer. Throws when it refuses the token. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const next = await readBus(this.options, this.question, signal);
      [this.#before, this.#now, this.#failure] = [comparable(next, this.#now), next, undefined];
    } catch (error) {
      if (signal.aborted) return;
      const known = await failureOf(error);
      if (!known || isRefused(error)) throw error;
      this.#failure = known.message;
    }
  }
}
