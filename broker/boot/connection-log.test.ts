import t from 'tap';
import { ConnectionLog } from './connection-log.js';

t.test(
  'each reason for which NATS stays away is logged at once, then once a minute, and anew in the next outage',
  async (t) => {
    let nowMs = 0;
    const lines: string[] = [];
    const note = (fields: object | string, message = ''): void => {
      const { attempts, reason } = fields as { attempts: number; reason: string };
      lines.push(typeof fields === 'string' ? fields : `${message}: ${reason} ×${attempts}`);
    };
    const log = new ConnectionLog(() => nowMs, { info: note, warn: note });
    log.changed(false);
    for (nowMs of [0, 300, 600]) log.attemptFailed('maximum connections exceeded');
    log.attemptFailed('connection refused');
    t.strictSame(lines.splice(0), [
      'connection to NATS lost',
      'connection to NATS is refused or fails: maximum connections exceeded ×1',
      'connection to NATS is refused or fails: connection refused ×1',
    ]);
    nowMs = 60_000;
    log.attemptFailed('maximum connections exceeded');
    t.strictSame(lines.splice(0), ['connection to NATS is refused or fails: maximum connections exceeded ×3']);
    for (nowMs of [60_300, 60_600]) log.attemptFailed('maximum connections exceeded');
    log.changed(true);
    log.changed(false);
    log.attemptFailed('maximum connections exceeded');
    t.strictSame(lines.splice(0), [
      'connection to NATS is refused or fails: maximum connections exceeded ×2',
      'connection to NATS re-established',
      'connection to NATS lost',
      'connection to NATS is refused or fails: maximum connections exceeded ×1',
    ]);
  },
);
