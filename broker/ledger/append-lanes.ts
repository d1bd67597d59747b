import { SluiceError } from '../../proto/errors.js';

/** The appender and its purpose: they decide on the lane and on its bound. */
export interface AppendOptions {
  /** The act takes a right away: it overtakes the acts that wait, and the store keeps room for it. */
  endsRights?: boolean | undefined;
  /** Officer or system that acts; undefined for the bus itself. */
  actor?: string | undefined;
  /** The acts are stored all or none: more than one batch can hold is refused with TOO_LARGE. */
  atomic?: boolean | undefined;
}

interface Job {
  actor: string | undefined;
  run(): Promise<void>;
}

/** Acts of officers arrive one by one; more waiting than this means that clients run wild. */
const WAITING_APPENDS_MAX = 1_000;
/** Records that one officer or system may have waiting, so that a few of them cannot take the whole lane. */
const WAITING_PER_ACTOR_MAX = 100;

/**
 * Runs appends one after the other, acts that end rights first.
 *
 * In one queue a flood of drafts delays the act that would suspend whoever sends them, or has it refused. So acts that end
 * rights have a lane of their own, which is served first; both lanes are bounded, in all and per actor.
 */
export class AppendLanes {
  readonly #ending: Job[] = [];
  readonly #ordinary: Job[] = [];
  #isRunning = false;

  /** Rejects with TOO_MANY when the lane, or the actor's share of it, is full. */
  run<T>(append: () => Promise<T>, { endsRights, actor }: AppendOptions): Promise<T> {
    const lane = endsRights ? this.#ending : this.#ordinary;
    const refusal = refusalOf(lane, actor);
    if (refusal) return Promise.reject(refusal);
    return new Promise<T>((resolve, reject) => {
      lane.push({ actor, run: () => append().then(resolve, reject) });
      void this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let job = this.#next(); job; job = this.#next()) await job.run();
    this.#isRunning = false;
  }

  #next(): Job | undefined {
    return this.#ending.shift() ?? this.#ordinary.shift();
  }
}

function refusalOf(lane: readonly Job[], actor: string | undefined): SluiceError | undefined {
  if (lane.length >= WAITING_APPENDS_MAX) {
    return new SluiceError('TOO_MANY', `${WAITING_APPENDS_MAX} governance acts are waiting already, try again later`);
  }
  if (actor === undefined || lane.length < WAITING_PER_ACTOR_MAX) return undefined;
  const own = lane.filter((job) => job.actor === actor).length;
  if (own < WAITING_PER_ACTOR_MAX) return undefined;
  return new SluiceError('TOO_MANY', `${actor} has ${WAITING_PER_ACTOR_MAX} governance acts waiting, try again later`);
}
