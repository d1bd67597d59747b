/** Long work that is resumed in one turn of the event loop, all together; after it the sockets are looked at. */
const TURN_MS_MAX = 10;
/** Resumed in one turn when each does little. */
const RESUMED_PER_TURN_MAX = 32;

/** Time of the event loop that one caller has used while others waited. A caller has one, whatever number of connections it has. */
export class TurnShare {
  usedMs = 0;
  readonly waiting: (() => void)[] = [];
}

/**
 * Divides the event loop among everything that works long on it.
 *
 * One long work yields by waiting for the next turn of the loop. That is no bound for many of them: Node resumes all that
 * wait for a turn in the same one, so 500 uploads of which each handles 100 lines at a time hold the loop for seconds.
 * Here they are resumed one after another, as many as fit into some milliseconds. In the order in which they asked, a system
 * that asks once would wait behind all of another one's 400 sessions; so the share that has used least is resumed first, and those of one
 * share in the order in which they asked (start-time fair queueing). A share that was idle begins where the others are: it saves nothing up.
 *
 * Invariant: between two turns of the loop no more work is resumed once `TURN_MS_MAX` have passed, so the longest hold is
 * that and the longest piece of one work. Decisions: docs/decisions/0106, docs/decisions/0275.
 */
export class SharedTurns {
  /** Those for which somebody waits. */
  readonly #contending = new Set<TurnShare>();
  /** Where a share begins that contends anew: what the one that was resumed last had used then. */
  #virtualMs = 0;
  /** The most that any share has used. */
  #usedMsMax = 0;
  /** Resumptions that Node has queued for one turn, and when the first of them and the running one began. */
  #queued = 0;
  #startedAtMs: number | undefined;
  #running: { share: TurnShare; sinceMs: number } | undefined;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** True while somebody waits for a turn: the event loop has more work than it can do at once. */
  get isContended(): boolean {
    return this.#contending.size > 0;
  }

  /** Resolves when it is the caller's turn. */
  next(share: TurnShare): Promise<void> {
    return new Promise((resolve) => {
      if (share.waiting.push(resolve) === 1) {
        share.usedMs = Math.max(share.usedMs, this.#virtualMs);
        this.#contending.add(share);
      }
      if (this.#queued === 0) this.#queueTurn();
    });
  }

  /** Counts work that was done without waiting for a turn. While nobody waits there is nobody from whom it was taken. */
  charge(share: TurnShare, ms: number): void {
    if (!this.isContended) return;
    share.usedMs = Math.max(share.usedMs, this.#virtualMs) + ms;
    this.#usedMsMax = Math.max(this.#usedMsMax, share.usedMs);
  }

  #queueTurn(): void {
    this.#startedAtMs = undefined;
    let waiting = 0;
    for (const share of this.#contending) waiting += share.waiting.length;
    this.#queued = Math.min(waiting, RESUMED_PER_TURN_MAX);
    // One callback each: Node runs what a resumed promise does before it calls the next one.
    for (let i = 0; i < this.#queued; i++) setImmediate(this.#resumeOne);
    setImmediate(this.#endTurn);
  }

  readonly #resumeOne = (): void => {
    const nowMs = this.nowMs();
    this.#account(nowMs);
    this.#startedAtMs ??= nowMs;
    if (nowMs - this.#startedAtMs >= TURN_MS_MAX) return;
    const share = this.#leastUsed();
    if (!share) return;
    const resume = share.waiting.shift();
    if (share.waiting.length === 0) this.#contending.delete(share);
    this.#virtualMs = share.usedMs;
    this.#running = { share, sinceMs: nowMs };
    resume?.();
  };

  readonly #endTurn = (): void => {
    this.#account(this.nowMs());
    this.#queued = 0;
    if (this.isContended) this.#queueTurn();
    // All begin alike when they contend the next time.
    else this.#virtualMs = this.#usedMsMax;
  };

  /** Charges the share that was resumed last, for what its promises did as well. */
  #account(nowMs: number): void {
    if (!this.#running) return;
    const { share, sinceMs } = this.#running;
    this.#running = undefined;
    share.usedMs += nowMs - sinceMs;
    this.#usedMsMax = Math.max(this.#usedMsMax, share.usedMs);
  }

  /** The first of those that have used least; the set has as many as there are systems that do much at this moment. */
  #leastUsed(): TurnShare | undefined {
    let least: TurnShare | undefined;
    for (const share of this.#contending) if (!least || share.usedMs < least.usedMs) least = share;
    return least;
  }
}

/** The one event loop of this process. */
const turns = new SharedTurns();

/** The share of the bus itself, and of work that no caller asked for. */
const common = new TurnShare();

/** Resolves in a later turn of the event loop, when it is the caller's turn among all that work long. */
export const sharedTurn = (share: TurnShare = common): Promise<void> => turns.next(share);

/** Counts work that a share did without waiting for its turn. */
export const chargeTurn = (share: TurnShare, ms: number): void => turns.charge(share, ms);

/** True while long work waits for a turn: the event loop is busy, so that a pause costs nobody else's time. */
export const isLoopContended = (): boolean => turns.isContended;

const shares = new Map<string, TurnShare>();

/** The share of a system or an officer, which all of their connections have together. There are as many as are registered. */
export function shareOf(caller: string): TurnShare {
  const known = shares.get(caller);
  if (known) return known;
  const share = new TurnShare();
  shares.set(caller, share);
  return share;
}
