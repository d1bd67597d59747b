import { StoreFullError } from '../store-errors.js';
import { type FreeSpace, keptBack } from './free-space.js';

/**
 * `open`: everything is stored. `no_events`: what keeps delivery going is stored, events are not. `ending_acts`: only acts
 * that end rights are stored. `exhausted`: the same, and writes that are in flight may never be answered.
 */
export type SpaceLevel = 'open' | 'no_events' | 'ending_acts' | 'exhausted';

export interface StoreSpaceOptions {
  /** Undefined when the store reports no limit. */
  measure(): Promise<FreeSpace | undefined>;
  onMeasured?: ((space: FreeSpace) => void) | undefined;
  onLevel?: ((level: SpaceLevel, space: FreeSpace) => void) | undefined;
  intervalMs?: number | undefined;
}

/** The purpose of a write; only an act that ends rights may take the last space. */
export interface SpaceClaim {
  subject: string;
  endsRights?: boolean | undefined;
}

/** Short against the time in which a busy bus fills what is kept back for acts. */
const INTERVAL_MS = 250;
/** With so much above what is kept back nothing fills it within `AMPLE_INTERVAL_MS`, whoever writes to the disk. */
const AMPLE_BYTES = 4 * 1024 * 1024 * 1024;
const AMPLE_INTERVAL_MS = 1_000;
/** Below this share of what is kept back, another program fills the disk, and the server may have met its end. */
const EXHAUSTED_SHARE = 1 / 8;
/** More than the border must be free before a level opens again, or it would flap with every write. */
const REOPEN_SHARE = 1 / 8;

/**
 * Decides what may still be stored, by the space that is really left.
 *
 * Waiting until the server refuses fails twice: a server that meets the end of the disk stops to answer for that stream
 * until it is restarted, and by then no space is left for the act that would suspend whoever filled it. So events are
 * refused while there is still space for the rest, and the rest while there is space for acts that end rights.
 * Decision: docs/decisions/0050.
 */
export class StoreSpace {
  #level: SpaceLevel = 'open';
  #measured: FreeSpace | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isMeasuring = false;
  #isStopped = false;

  constructor(private readonly options: StoreSpaceOptions) {}

  /** Resolves when it was measured for the first time. */
  async start(): Promise<void> {
    await this.measureNow();
    this.#measureLater();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  get level(): SpaceLevel {
    return this.#level;
  }

  /** Undefined before the first measurement, and for a store that reports no limit. */
  get measured(): FreeSpace | undefined {
    return this.#measured;
  }

  /** The refusal of a write for which no space is left; undefined when it may be sent. */
  refusal({ subject, endsRights }: SpaceClaim): StoreFullError | undefined {
    if (this.#level === 'open' || endsRights) return undefined;
    if (this.#level === 'no_events' && !isBulk(subject)) return undefined;
    return new StoreFullError(`${this.#measured?.free ?? 0} bytes are left, which are kept back`);
  }

  /** A measurement that fails keeps the level: the server answers for itself then. */
  async measureNow(): Promise<void> {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    try {
      const space = await this.options.measure();
      if (space) this.#take(space);
    } catch {
      // The next one tries again.
    } finally {
      this.#isMeasuring = false;
    }
  }

  #measureLater(): void {
    if (this.#isStopped) return;
    const isAmple = this.#measured !== undefined && this.#measured.free - keptBack(this.#measured) > AMPLE_BYTES;
    const pauseMs = this.options.intervalMs ?? (isAmple ? AMPLE_INTERVAL_MS : INTERVAL_MS);
    this.#timer = setTimeout(() => void this.measureNow().then(() => this.#measureLater()), pauseMs).unref();
  }

  #take(space: FreeSpace): void {
    this.#measured = space;
    this.options.onMeasured?.(space);
    const level = levelOf(space, this.#level);
    if (level === this.#level) return;
    this.#level = level;
    this.options.onLevel?.(level, space);
  }
}

const ORDER: readonly SpaceLevel[] = ['open', 'no_events', 'ending_acts', 'exhausted'];

function levelOf(space: FreeSpace, before: SpaceLevel): SpaceLevel {
  const now = plainLevel(space.free, keptBack(space));
  if (ORDER.indexOf(now) >= ORDER.indexOf(before)) return now;
  return plainLevel(space.free, keptBack(space) * (1 + REOPEN_SHARE));
}

function plainLevel(free: number, kept: number): SpaceLevel {
  if (free > kept) return 'open';
  if (free > kept / 2) return 'no_events';
  return free > kept * EXHAUSTED_SHARE ? 'ending_acts' : 'exhausted';
}

/** Subjects of what can fill a store: events, refused ones, and attachments. */
const BULK = ['ev.', 'quarantine.', 'attachment.'];
const isBulk = (subject: string): boolean => BULK.some((prefix) => subject.startsWith(prefix));
