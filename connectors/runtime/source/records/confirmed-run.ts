import type { SourceEvent } from '../../../../proto/event/event.js';
import { AsyncEvent } from '../../async-event.js';
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
  const confirmed = new AsyncEvent();
  const confirm = async (): Promise<void> => {
    await complete();
    confirmed.set();
  };
  yield { events: [], atomic: false, confirm };
  await confirmed.wait(signal);
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
