import type { OutMessage } from './out-message.js';

/** Membership in an atomic batch; `sequence` counts from 1, the last one commits. */
export interface BatchMember {
  id: string;
  sequence: number;
  commit: boolean;
}

/** The JetStream headers of a message, `Name: value` with CRLF after each; empty when it needs none. */
export function headerLines(message: OutMessage, member?: BatchMember): string {
  const { id, ttlSeconds, expectLast, expectLastSubject } = message;
  // The only value that is not ours: a line break in it would begin another header.
  if (id !== undefined && LINE_BREAK.test(id)) throw new TypeError('a message id holds a line break');
  let lines = id === undefined ? '' : `Nats-Msg-Id: ${id}\r\n`;
  if (ttlSeconds !== undefined) lines += `Nats-TTL: ${ttlSeconds}s\r\n`;
  if (expectLast !== undefined) lines += `Nats-Expected-Last-Sequence: ${expectLast}\r\n`;
  if (expectLastSubject !== undefined) lines += `Nats-Expected-Last-Subject-Sequence: ${expectLastSubject}\r\n`;
  if (member) {
    lines += `Nats-Batch-Id: ${member.id}\r\nNats-Batch-Sequence: ${member.sequence}\r\n`;
    if (member.commit) lines += 'Nats-Batch-Commit: 1\r\n';
  }
  return lines;
}

const LINE_BREAK = /[\r\n]/;
