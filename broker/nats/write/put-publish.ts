import type { OutMessage } from './out-message.js';
import type { PublishBytes } from './publish-bytes.js';

/** Membership in an atomic batch; `sequence` counts from 1, the last one commits. */
export interface BatchMember {
  id: string;
  sequence: number;
  commit: boolean;
}

const LINE_BREAK = /[\r\n]/;

/** Adds a message with its JetStream headers; `reply` is the subject of its acknowledgement, empty for none. */
export function putPublish(bytes: PublishBytes, message: OutMessage, reply: string, member?: BatchMember): void {
  const { subject, data, id, ttlSeconds, expectLast, expectLastId, expectLastSubject } = message;
  const hasCondition = (ttlSeconds ?? expectLast ?? expectLastId ?? expectLastSubject) !== undefined;
  if (id === undefined && !hasCondition && !member) {
    bytes.plain(subject, reply, data);
    return;
  }
  bytes.open(subject, reply);
  if (id !== undefined) {
    // The only value that is not ours: a line break in it would begin another header.
    if (LINE_BREAK.test(id)) throw new TypeError('a message id holds a line break');
    bytes.header('Nats-Msg-Id', id);
  }
  if (ttlSeconds !== undefined) bytes.header('Nats-TTL', `${ttlSeconds}s`);
  if (expectLast !== undefined) bytes.header('Nats-Expected-Last-Sequence', expectLast);
  if (expectLastId !== undefined) bytes.header('Nats-Expected-Last-Msg-Id', expectLastId);
  if (expectLastSubject !== undefined) bytes.header('Nats-Expected-Last-Subject-Sequence', expectLastSubject);
  if (member) {
    bytes.header('Nats-Batch-Id', member.id).header('Nats-Batch-Sequence', member.sequence);
    if (member.commit) bytes.header('Nats-Batch-Commit', 1);
  }
  bytes.close(data);
}
