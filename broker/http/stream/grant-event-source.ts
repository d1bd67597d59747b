import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorCode, SluiceError, toProblem } from '../../../proto/errors.js';
import { toDeliveredEvent } from '../../../proto/frames/event-encoder.js';
import type { Page, PageRequest } from '../../stream/pages/page.js';
import type { PageReader } from '../../stream/pages/page-reader.js';
import { formatEventId } from './page-query.js';

/** Before the next look at a store whose replicas lag. */
const STUCK_PAUSE_MS = 250;

export interface EventSource {
  pages: Pick<PageReader, 'pull' | 'waitForMore'>;
  pull: PageRequest;
  first: Page;
  heartbeatMs: number;
  /** Aborted when the broker drains. */
  ending: AbortSignal;
  /** The bus ends the stream, for a reason that reconnecting may or may not cure. */
  onEnded: (code: ErrorCode) => void;
}

/** Pages of a grant one after another as server-sent events, until the reader leaves or the grant ends. */
export async function* serverSentEvents(source: EventSource): AsyncGenerator<string> {
  const { pages, heartbeatMs, ending, onEnded } = source;
  let page = source.first;
  yield textOf(page);
  while (!ending.aborted) {
    try {
      if (page.caughtUp) await pages.waitForMore(source.pull.system, source.pull.grant, page.through, heartbeatMs);
      if (ending.aborted) return;
      const before = page.through;
      page = await pages.pull({ ...source.pull, from: { after: page.through, log: page.log } });
      const hasMoved = page.through > before;
      yield hasMoved ? textOf(page) : ': heartbeat\n\n';
      if (!hasMoved && !page.caughtUp) await pause(STUCK_PAUSE_MS);
    } catch (error) {
      onEnded(toProblem(error).code);
      yield endedOf(error);
      return;
    }
  }
}

/** The last id covers what the filter passed over, so that a reader that comes back does not scan it again. */
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
