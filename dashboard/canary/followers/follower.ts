import type { Logger } from 'pino';
import { ClientError } from '../../../client/errors.js';
import { pause } from '../../../client/pause.js';
import type { SerialQueue } from '../../../proto/async/serial-queue.js';
import { operatorReports } from '../../../proto/async/spaced-reports.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import type { CanaryTransport } from '../canary-metrics.js';
import type { LeakWatch } from '../leak-watch.js';

/** Options of a follower: one grant of the canary, over one transport. */
export interface FollowerContext {
  url: string;
  token: string;
  grant: string;
  transport: CanaryTransport;
  /** Name of the durable position of this follower, its own for each canary. */
  cursor: string;
  /** Pause after an error. */
  retryMs: number;
  /** An event that has not arrived after this time was missed. */
  roundMs: number;
  /** Pages of several grants wait for each other: a bus makes a few for one system at a time, and refuses more. */
  pages: SerialQueue;
  watch: LeakWatch;
  log: Logger;
  signal: AbortSignal;
  onEvent(event: DeliveredEvent): void;
}

/**
 * Runs one connection after another until the signal aborts. An end without an error counts as one. Each code is logged at once, after a
 * minute and then at most once in ten minutes: a second outage must not look like part of one that is over.
 */
export async function followForever(context: FollowerContext, once: () => Promise<void>): Promise<void> {
  const { signal, log, transport, grant, retryMs } = context;
  const reports = operatorReports(() => performance.now());
  while (!signal.aborted) {
    let code = 'CONNECTION_LOST';
    try {
      await once();
    } catch (error) {
      if (error instanceof ClientError) code = error.code;
      else if (!isOfConnection(error)) {
        // An error of ours would otherwise hide behind a transport that receives nothing.
        log.error({ err: error, transport, grant });
        code = (error as Error).name;
      }
    }
    if (signal.aborted) return;
    reports.add(code, (times) => log.warn({ transport, grant, code, times }, 'a follower of the canary begins again'));
    await pause(retryMs, signal);
  }
}

const isOfConnection = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof DOMException && error.name === 'AbortError');
