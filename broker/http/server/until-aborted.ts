import { CutShort } from '../../../proto/async/cut-short.js';

/** Yields what `source` yields, until the signal is aborted: then it ends at once, though `source` may be waiting. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const waits = new CutShort();
  const cut = (): void => waits.cut();
  if (signal.aborted) cut();
  else signal.addEventListener('abort', cut, { once: true });
  try {
    for (;;) {
      const next = await waits.wait(iterator.next());
      if (!next || next.done || signal.aborted) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', cut);
    // Not awaited: the source may wait for a client that sends nothing.
    iterator.return?.().catch(() => undefined);
  }
}
