import type { LedgerRecord } from '../../ledger/record.js';
import type { NoticeOrder, NoticeReading } from '../files/file.js';
import { kindOfRecord } from '../files/kinds.js';
import type { ProjectionDatabase } from './database.js';

/** Party of the one row that stands for a notice to everybody. */
export const EVERYBODY = '*';

const SEQ_DIGITS = 12;
const NOTICE_ID = /^no-(\d{12,16})-(\d{1,6})$/;

export const noticeId = (seq: number, ordinal: number): string =>
  `no-${String(seq).padStart(SEQ_DIGITS, '0')}-${ordinal}`;

/** Sequence and ordinal of a notice id; undefined when it is none. */
export function parseNoticeId(id: string): [seq: number, ordinal: number] | undefined {
  const [, seq, ordinal] = NOTICE_ID.exec(id) ?? [];
  return seq === undefined ? undefined : [Number(seq), Number(ordinal)];
}

/** Where notices are written and counted. */
interface NoticeTables {
  db: ProjectionDatabase;
  counts: { unread: number };
}

/** One row for each party that is to be notified, numbered from 1 in the order of the orders. */
export function writeNotices({ db, counts }: NoticeTables, record: LedgerRecord, orders: readonly NoticeOrder[]): void {
  const kind = kindOfRecord(record.kind);
  const own = kind && { kind, id: record.id };
  let ordinal = 0;
  for (const { to, kind, about = own, article, clock, details } of orders) {
    for (const party of to === 'all' ? [EVERYBODY] : new Set(to)) {
      db.run(
        'INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        party,
        record.seq,
        ++ordinal,
        kind,
        about?.kind ?? null,
        about?.id ?? null,
        Date.parse(record.time),
        article ?? null,
        clock ?? null,
        details ? JSON.stringify(details) : null,
      );
      if (party !== EVERYBODY) counts.unread++;
    }
  }
}

/** The first reading of a notice by a party counts. */
export function writeReading({ db, counts }: NoticeTables, { id, time, actor, document }: LedgerRecord): void {
  const notice = parseNoticeId(id);
  if (!notice) return;
  const { party } = document as NoticeReading;
  const read = db.run(
    'INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?, ?)',
    party,
    ...notice,
    Date.parse(time),
    actor,
  );
  if (read === 0) return;
  const isOwn = db.get('SELECT 1 FROM notices WHERE party = ? AND seq = ? AND ordinal = ?', party, ...notice);
  if (isOwn) counts.unread--;
}
