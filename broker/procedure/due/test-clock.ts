import { SluiceError } from '../../../proto/errors.js';
import { type BusClock, clockSettingOf } from '../../ledger/bus-clock.js';
import type { FoldedRoom, SavedItem } from '../../ledger/checkpoint/folded-room.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act, LedgerRecord } from '../../ledger/record.js';
import { momentOf } from '../clock/shanghai-days.js';
import { type ActAnswer, appendOnce, type Once } from '../engine/append-once.js';
import type { Fields } from '../files/file.js';

/** Act of the record that says that everything that fell due on the way was acted on. */
const REACHED = 'clock-reached';

export interface TestClockDeps {
  /** As the configuration says. */
  isTestClock: boolean;
  ledger: Pick<Ledger, 'appendAll'>;
  busClock: Pick<BusClock, 'now' | 'offsetFor'>;
}

/** The idempotency key of a call that sets the time, and the answer that the key stands for. */
export interface SetOnce extends Once {
  body: Fields;
}

/**
 * Moves the time of a bus that is tried out. One record sets it for all brokers; whatever fell due on the way is acted on
 * by whichever broker lives, and a second record says that it is done (docs/decisions/0136).
 */
export class TestClock implements FoldedRoom {
  #isSet = false;
  #isMoving = false;
  /** Settings that this process has folded. */
  #settings = 0;
  readonly #waiting = new Set<Waiting>();

  /** Folded from the first record on. */
  readonly fold = (record: LedgerRecord): void => {
    if (record.kind !== 'bus') return;
    if (clockSettingOf(record)) {
      this.#isSet = true;
      this.#isMoving = true;
      this.#settings++;
    } else if (record.act === REACHED) {
      this.#isMoving = false;
      for (const { resolve } of this.#waiting) resolve();
    }
  };

  save(): SavedItem[] {
    return [{ state: [this.#isSet, this.#isMoving] }];
  }

  load({ state }: SavedItem): void {
    [this.#isSet, this.#isMoving] = state as [boolean, boolean];
  }

  /**
   * Sets the time of the bus, in milliseconds since 1970, and resolves when everything that fell due on the way was acted
   * on. Rejects with NOT_ALLOWED on a bus without a test clock, CONFLICT while another call sets it, CLOCK_BACKWARDS when
   * the bus is further already; the first setting of a bus may go back. With a key that has set the time before it
   * sets nothing, waits for what that call waits for, and answers as it did.
   */
  async set(
    nowMs: number,
    by: { actor: string; role?: string },
    deps: TestClockDeps,
    once?: SetOnce,
  ): Promise<ActAnswer> {
    const { isTestClock, ledger, busClock } = deps;
    if (!isTestClock) throw new SluiceError('NOT_ALLOWED', 'the configuration of this bus has no testClock');
    const ended = this.#untilReached();
    try {
      const { answers } = await appendOnce({ ledger, kept: once?.kept }, { by: by.actor, key: once?.key }, async () => {
        if (this.#isMoving) throw new SluiceError('CONFLICT', 'the time of the bus is being set by another call');
        if (this.#isSet && nowMs < busClock.now()) {
          throw new SluiceError('CLOCK_BACKWARDS', `the bus is at ${momentOf(busClock.now())} already`);
        }
        const document = { now: momentOf(nowMs), offsetMs: busClock.offsetFor(nowMs) };
        const act: Act = { kind: 'bus', id: 'clock', act: 'clock-set', ...by, document };
        return { acts: [act], answers: [{ body: once?.body ?? {}, isNew: false, isReplayed: false }] };
      });
      const answer = answers[0] as ActAnswer;
      if (!answer.isReplayed || this.#isMoving) await ended.reached;
      return answer;
    } finally {
      ended.forget();
    }
  }

  /** To be called when nothing is due any more: records that the time that was set is reached. */
  async noteReached(ledger: Pick<Ledger, 'append'>, nothingDue: () => Promise<boolean>): Promise<void> {
    // Another broker may record that it is reached, and the time be set once more, while this one looks and appends.
    const setting = this.#settings;
    if (!this.#isMoving || !(await nothingDue())) return;
    await ledger.append(() =>
      this.#isMoving && this.#settings === setting
        ? { kind: 'bus', id: 'clock', act: REACHED, actor: 'bus', document: {} }
        : undefined,
    );
  }

  /** Calls that wait for the time that they set are refused with SHUTTING_DOWN; the time stays set. */
  close(): void {
    const error = new SluiceError('SHUTTING_DOWN', 'the broker is shutting down; the time is set');
    for (const { reject } of this.#waiting) reject(error);
  }

  #untilReached(): { reached: Promise<void>; forget(): void } {
    let waiting: Waiting | undefined;
    const reached = new Promise<void>((resolve, reject) => {
      waiting = { resolve, reject };
      this.#waiting.add(waiting);
    });
    // A call that is refused before does not wait for it.
    reached.catch(() => {});
    return { reached, forget: () => this.#waiting.delete(waiting as Waiting) };
  }
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}
