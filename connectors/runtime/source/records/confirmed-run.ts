import type { SourceEvent } from '../../../../proto/event/event.js';
import type { ChangeBatch } from '../source.js';

const BATCH_EVENTS = 500;

/**
 * Yields the events in batches and one empty batch behind them. Ends once that batch is confirmed, so when every event is at
 * the bus, and `complete` has stored the progress of the whole run; or when the signal is aborted.
 */
export async function* confirmedRun(
  events: Iterable<SourceEvent> | AsyncIterable<SourceEvent>,
  complete: () => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<ChangeBatch> {
  yield* batchesOf(events);
  const confirmation = new Confirmation();
  const confirm = async (): Promise<void> => {
    await complete();
    confirmation.confirm();
  };
  yield { events: [], atomic: false, confirm };
  await confirmation.confirmed(signal);
}

async function* batchesOf(events: Iterable<SourceEvent> | AsyncIterable<SourceEvent>): AsyncGenerator<ChangeBatch> {
  let collected: SourceEvent[] = [];
  for await (const event of events) {
    collected.push(event);
    if (collected.length < BATCH_EVENTS) continue;
    yield batchOf(collected);
    collected = [];
  }
  if (collected.length > 0) yield batchOf(collected);
}

const batchOf = (events: SourceEvent[]): ChangeBatch => ({ events, atomic: false, confirm: () => undefined });

/** Lets a source wait until a batch of its own is confirmed. */
class Confirmation {
  #isConfirmed = false;
  #wake: (() => void) | undefined;

  confirm(): void {
    this.#isConfirmed = true;
    this.#wake?.();
  }

  /** Resolves once it is confirmed, or the signal is aborted. */
  async confirmed(signal: AbortSignal): Promise<void> {
    if (this.#isConfirmed || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done);
    });
  }
}
