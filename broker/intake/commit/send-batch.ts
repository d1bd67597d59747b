import type { OutMessage } from '../../nats/write/out-message.js';
import type { Publisher } from '../../nats/write/publisher.js';
import type { CommitMode } from './commit-policy.js';

/** Log position of a message, or why it was not stored. */
export type Outcome = { position: number; duplicate: boolean } | Error;

/** Sends the messages of a commit; one outcome per message, in order. A failed batch gives all of them the same error. */
export async function sendBatch(
  publisher: Publisher,
  messages: readonly OutMessage[],
  mode: CommitMode,
): Promise<Outcome[]> {
  if (mode === 'batch') return sendAtomicBatch(publisher, messages);
  const sent = messages.map((message) => publisher.publish(message));
  const settled = await Promise.allSettled(sent);
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : asError(one.reason)));
}

async function sendAtomicBatch(publisher: Publisher, messages: readonly OutMessage[]): Promise<Outcome[]> {
  try {
    const { lastPosition } = await publisher.publishBatch(messages);
    const first = lastPosition - messages.length + 1;
    return messages.map((_message, i) => ({ position: first + i, duplicate: false }));
  } catch (error) {
    const failure = asError(error);
    return messages.map(() => failure);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
