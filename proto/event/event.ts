export const SOURCE_OPS = [
  'create',
  'update',
  'delete',
  'snapshot_begin',
  'snapshot',
  'snapshot_end',
  'correction',
] as const;
/** Change of a record as its source reports it. */
export type SourceOp = (typeof SOURCE_OPS)[number];

export const DELIVERED_OPS = [
  'create',
  'update',
  'enter',
  'leave',
  'delete',
  'snapshot_begin',
  'snapshot',
  'snapshot_end',
  'correction',
] as const;
/** Change of a record as a subscriber sees it within its granted rows. */
export type DeliveredOp = (typeof DELIVERED_OPS)[number];

/** Item name → value. Absent, null and [] mean the same. */
export type ItemValue = string | number | boolean | object | null | ItemValue[];
export type RecordData = Record<string, ItemValue>;

/** A change event as a source publishes it (CloudEvents 1.0). */
export interface SourceEvent {
  specversion: '1.0';
  id: string;
  source?: string | undefined;
  type: string;
  subject?: string | undefined;
  time?: string | undefined;
  op: SourceOp;
  data?: RecordData | undefined;
  previous?: RecordData | undefined;
  /** Position in the source's own numbering: dotted decimals, compared number by number. */
  sourceposition?: string | undefined;
  sourceepoch?: string | undefined;
  snapshotid?: string | undefined;
  /** Position of the event that a correction puts right. */
  corrects?: number | undefined;
  /** W3C Trace Context: linked where the bus writes traces, never delivered. */
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

/** A change event as a subscriber receives it: granted items only, and nothing that the source chose freely. */
export interface DeliveredEvent {
  /** `<entry>@<position>` */
  id: string;
  position: number;
  /** The entry id. */
  type: string;
  /** The record's key, hashed where the grant hashes the identifier; absent on snapshot_begin and snapshot_end. */
  subject?: string | undefined;
  /** When the bus accepted it, RFC 3339 UTC with milliseconds. */
  time: string;
  op: DeliveredOp;
  data?: RecordData | undefined;
  snapshotid?: string | undefined;
  corrects?: number | undefined;
}
