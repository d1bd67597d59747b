import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorCode, SluiceError, toProblem } from '../../../proto/errors.js';
import { toDeliveredEvent } from '../../../proto/frames/event-encoder.js';
import type { Lease } from '../../parties/leases/leases.js';
import type { Page, PageRequest } from '../../stream/pages/page.js';
import type { PageReader } from '../../stream/pages/page-reader.js';
import { formatEventId } from './page-query.js';

/** Before the next look at a store whose replicas lag. */
const STUCK_PAUSE_MS = 250;

export interface EventSource {
  pages: Pick<PageReader, 'pull' | 'waitForMore'>;
  /** The right to receive: when it ends, the stream ends at once with the reason. */
  lease: Lease;
  pull: PageRequest;
  /** Undefined when the stream starts at a time that has not come. */
  first: Page | undefined;
  startAtMs: number;
  clock(): number;
  heartbeatMs: number;
  /** Aborted when the broker drains. */
  ending: AbortSignal;
  /** The bus ends the stream, for a reason that reconnecting may or may not cure. */
  onEnded: (code: ErrorCode) => void;
}

/**
 * Pages of a grant one after another as server-sent events, until the reader leaves or the grant ends. While only events of others pass, the
 * position that they bring is sent at the heartbeat's pace, as on a session: a quiet grant in a busy partition would get one with each commit.
 */
export async function* serverSentEvents(source: EventSource): AsyncGenerator<string> {
  const { pages, lease, heartbeatMs, ending, onEnded } = source;
  const stopping = AbortSignal.any([ending, lease.signal]);
  let page = source.first;
  let sentThrough = page?.through ?? 0;
  let dueAtMs = performance.now() + heartbeatMs;
  if (page) yield textOf(page);
  while (!ending.aborted) {
    try {
      if (!page) {
        page = await firstPage(source, stopping);
        if (ending.aborted) return;
        lease.check();
        dueAtMs = performance.now() + heartbeatMs;
        sentThrough = page?.through ?? 0;
        yield page ? textOf(page) : ': heartbeat\n\n';
        continue;
      }
      const before = page;
      if (page.caughtUp) {
        const restMs = Math.max(0, dueAtMs - performance.now());
        await orAborted(pages.waitForMore(source.pull, page.through, restMs), stopping);
      }
      if (ending.aborted) return;
      lease.check();
      page = await pages.pull({ ...source.pull, from: { after: page.through, log: page.log } });
      lease.check();
      if (isOfOthersAlone(before, page) && performance.now() < dueAtMs) continue;
      dueAtMs = performance.now() + heartbeatMs;
      yield page.through > sentThrough ? textOf(page) : ': heartbeat\n\n';
      sentThrough = page.through;
      if (page.through === before.through && !page.caughtUp) await pause(STUCK_PAUSE_MS);
    } catch (error) {
      onEnded(toProblem(error).code);
      yield endedOf(error);
      return;
    }
  }
}

/** The log went on, by nothing that the reader waits for. */
function isOfOthersAlone(before: Page, page: Page): boolean {
  return before.caughtUp && page.caughtUp && page.events.length === 0 && page.through > before.through;
}

/** The first page once its time has come; undefined after a heartbeat of waiting for it. */
async function firstPage(source: EventSource, stopping: AbortSignal): Promise<Page | undefined> {
  const waitMs = source.startAtMs - source.clock();
  if (waitMs > 0) await orAborted(pause(Math.min(waitMs, source.heartbeatMs)), stopping);
  return source.startAtMs <= source.clock() ? source.pages.pull(source.pull) : undefined;
}

/** Resolves with the promise, or at once when the signal is aborted. */
function orAborted(waited: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop, { once: true });
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The last id covers what the filter skipped, so that a reader that comes back does not scan it again. */
function textOf(page: Page): string {
  const { through, log } = page;
  let text = '';
  for (const event of page.events) {
    text += `id: ${formatEventId(event.position, log)}\ndata: ${JSON.stringify(toDeliveredEvent(event, page.codec))}\n\n`;
  }
  const data = JSON.stringify({ through, log, caughtUp: page.caughtUp });
  return `${text}event: through\nid: ${formatEventId(through, log)}\ndata: ${data}\n\n`;
}

function endedOf(error: unknown): string {
  const { code, detail } = toProblem(error);
  // A browser reconnects by itself and would be refused at once, every three seconds, for ever.
  const retry = error instanceof SluiceError && !error.retryable ? 'retry: 60000\n' : '';
  return `event: ended\n${retry}data: ${JSON.stringify({ code, reason: detail })}\n\n`;
}
