import type { Msg } from '@nats-io/transport-node';
import type { Bus } from '../bus.js';
import { StoreRefusedError, StoreUnavailableError } from '../store-errors.js';
import type { StoredMessage } from '../stored-message.js';
import { DirectMessage } from './direct-message.js';

/** A direct-get request as the server defines it. */
export interface DirectGetRequest {
  seq?: number;
  start_time?: string;
  next_by_subj?: string;
  last_by_subj?: string;
  batch?: number;
  max_bytes?: number;
}

/** Time since the last sign of the server; a batch that keeps arriving may take longer in all. */
const SILENCE_MAX_MS = 10_000;
const NOTHING_THERE = 404;
const END_OF_BATCH = 204;
const NO_SUCH_STREAM = 503;

/** Reads stored messages without a consumer. Written here because the client's own leaves its subscription open. */
export function directGet(bus: Bus, stream: string, request: DirectGetRequest): Promise<StoredMessage[]> {
  if (!bus.isUp()) return Promise.reject(new StoreUnavailableError('not connected', false));
  return new Promise((resolve, reject) => {
    const found: StoredMessage[] = [];
    let isSettled = false;
    const settle = (error?: Error): void => {
      isSettled = true;
      clearTimeout(timer);
      ended();
      if (!bus.nc.isClosed()) subscription.unsubscribe();
      if (error) reject(error);
      else resolve(found);
    };
    // Once the sockets were read: timers come first in a process that had no processor for so long.
    const silent = (): void =>
      void setImmediate(() => isSettled || settle(new StoreUnavailableError('no answer to a read', false)));
    const timer = setTimeout(silent, SILENCE_MAX_MS);
    const ended = bus.onStatus(() => settle(new StoreUnavailableError('the connection was lost', false)));
    const inbox = bus.newInbox();
    const subscription = bus.nc.subscribe(inbox, {
      callback: (error, msg) => {
        if (error) return settle(new StoreUnavailableError(error.message, false, { cause: error }));
        const message = DirectMessage.of(msg);
        if (!message) return settle(statusError(msg.headers?.code ?? 0, msg));
        found.push(message);
        if (request.batch === undefined) settle();
        else timer.refresh();
      },
    });
    bus.nc.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(request), { reply: inbox });
  });
}

function statusError(code: number, msg: Msg): Error | undefined {
  if (code === NOTHING_THERE || code === END_OF_BATCH) return undefined;
  if (code === NO_SUCH_STREAM) return new StoreUnavailableError('no stream answers the read', false);
  return new StoreRefusedError(code, msg.headers?.description ?? 'read refused');
}
