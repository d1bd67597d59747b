import { parentPort, workerData } from 'node:worker_threads';
import { SluiceError } from '../../../proto/errors.js';
import { hashOf } from '../../ledger/chain.js';
import type { LedgerRecord } from '../../ledger/record.js';
import { isDamage, ProjectionDatabase } from './database.js';
import {
  attachmentBytes,
  attachmentOf,
  clocksOf,
  dueFiles,
  getFiles,
  historyOf,
  keptAnswerOf,
  lastRecords,
  listFiles,
} from './file-queries.js';
import { FileRows } from './file-rows.js';
import { breaches, openClocks } from './lawfulness-queries.js';
import { listNotices, noticeOf } from './notice-queries.js';
import { writeRecord } from './record-writer.js';
import type { FromThread, Question, RecordBatch, ToThread } from './thread-messages.js';
import { urgentFiles } from './urgent-files.js';

/** Runs as a worker thread: takes records, answers questions, in the order of the messages. */

/** A file that is damaged again and again is on a disk that is; the thread ends then. */
const REMADE_MAX = 3;

/** Records of one message from which on the thread is behind, as at a start: acts are taken a few at a time. */
const CATCHING_UP_RECORDS = 200;

/** The record does not follow the one that is there: the file belongs to another ledger. */
class MisfitError extends Error {}

const port = parentPort!;
let db = ProjectionDatabase.open((workerData as { folder: string }).folder);
let files = new FileRows(db);
let { head, hash } = progress();
let remade = 0;

const report = (message: FromThread): void => port.postMessage(message);

function progress(): { head: number; hash: string } {
  return db.get('SELECT head, hash FROM progress') as unknown as { head: number; hash: string };
}

function take({ first, ends, bytes }: RecordBatch): void {
  // Records that were sent before the file was made anew come again from its beginning.
  if (first !== head + 1) return;
  let [seq, last, start] = [head, hash, 0];
  const tables = { db, files, counts: { unread: 0 } };
  db.transaction(() => {
    for (const [index, end] of ends.entries()) {
      const stored = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
      const record = JSON.parse(stored.toString('utf8')) as LedgerRecord;
      record.seq = ++seq;
      // The fold checks each record against the one before; here it matters that a batch goes on where the file ends.
      if (index === 0 && record.prev !== last) throw new MisfitError(`record ${seq} does not follow what the file has`);
      writeRecord(tables, record);
      if (index === ends.length - 1) last = hashOf(stored);
      start = end;
    }
    files.write();
    db.run('UPDATE progress SET head = ?, hash = ?, unread = unread + ?', seq, last, tables.counts.unread);
  }, ends.length >= CATCHING_UP_RECORDS);
  [head, hash] = [seq, last];
  report({ event: 'taken', head });
}

function answer(question: Question): unknown {
  switch (question.what) {
    case 'files':
      return getFiles(db, question.refs);
    case 'list':
      return listFiles(db, question.query);
    case 'urgent':
      return urgentFiles(db, question.query);
    case 'last-records':
      return lastRecords(db, question.kind, question.ids);
    case 'history':
      return historyOf(db, question.ref);
    case 'due':
      return dueFiles(db, question.beforeMs, question.limit);
    case 'clocks':
      return clocksOf(db, question.query);
    case 'notices':
      return listNotices(db, question.query);
    case 'notice':
      return noticeOf(db, question.id, question.party);
    case 'attachment':
      return attachmentOf(db, question.sha256);
    case 'attachment-bytes':
      return attachmentBytes(db, question.party);
    case 'kept':
      return keptAnswerOf(db, question.key, question.nowMs);
    case 'open-clocks':
      return openClocks(db, question.withinMs);
    case 'breaches':
      return breaches(db);
  }
}

function ask({ call, upTo, question }: Extract<ToThread, { op: 'ask' }>): void {
  if (head < upTo) {
    report({ event: 'behind', call });
    return;
  }
  try {
    report({ event: 'answer', call, answer: answer(question) });
  } catch (error) {
    if (isDamage(error)) {
      report({ event: 'behind', call });
      throw error;
    }
    const { code, message } = error instanceof SluiceError ? error : { code: 'INTERNAL', message: String(error) };
    report({ event: 'refused', call, code, message });
  }
}

function remake(why: string): void {
  if (++remade > REMADE_MAX) throw new Error(`the file had to be made anew ${REMADE_MAX} times: ${why}`);
  report({ event: 'remade', why });
  db = db.remade();
  files = new FileRows(db);
  ({ head, hash } = progress());
  report({ event: 'opened', head, hash });
}

function handle(message: ToThread): void {
  if (message.op === 'take') take(message);
  else if (message.op === 'ask') ask(message);
  else if (message.op === 'remake') remake('its newest record is not that of the ledger');
  else {
    db.close();
    port.close();
  }
}

port.on('message', (message: ToThread) => {
  try {
    handle(message);
  } catch (error) {
    if (!isDamage(error) && !(error instanceof MisfitError)) throw error;
    remake((error as Error).message);
  }
});
report({ event: 'opened', head, hash });
