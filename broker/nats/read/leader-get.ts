import type { Bus } from '../bus.js';
import { asStoreError, type JetStreamRefusal, storeError } from '../store-errors.js';
import type { StoredMessage } from '../stored-message.js';

interface Answer {
  error?: JetStreamRefusal;
}
interface FoundAnswer extends Answer {
  message?: { subject: string; seq: number; data?: string; time: string };
}

const NO_MESSAGE = 10037;

/**
 * Reads the newest message of a subject, which may have wildcards, from the leader of the stream. A direct read may be answered by a lagging
 * replica, and an old cursor or watermark would be taken for the present one. Headers are not read.
 */
export function lastOf(bus: Bus, stream: string, subject: string): Promise<StoredMessage | undefined> {
  return get(bus, stream, { last_by_subj: subject });
}

/** Reads the message at a position from the leader of the stream; undefined when it is no longer there. */
export function leaderGetAt(bus: Bus, stream: string, position: number): Promise<StoredMessage | undefined> {
  return get(bus, stream, { seq: position });
}

async function get(bus: Bus, stream: string, wanted: object): Promise<StoredMessage | undefined> {
  const request = JSON.stringify(wanted);
  const { message, error } = await ask<FoundAnswer>(bus, `STREAM.MSG.GET.${stream}`, request);
  if (error && error.err_code !== NO_MESSAGE) throw storeError(error);
  if (!message) return undefined;
  const { seq, data, time } = message;
  const bytes = Buffer.from(data ?? '', 'base64');
  return { position: seq, subject: message.subject, data: bytes, timeMs: Date.parse(time) };
}

async function ask<T>(bus: Bus, call: string, request: string): Promise<T> {
  const answer = await bus.leader.ask(`$JS.API.${call}`, request);
  try {
    return answer.json<T>();
  } catch (error) {
    throw asStoreError(error);
  }
}
