import { createHash } from 'node:crypto';
import type { SourceWatermark } from './source-watermark.js';
import type { SourceWatermarks } from './source-watermarks.js';

/** Checkpoint of one epoch of a source. */
export interface WatermarkRecord {
  epoch: string;
  sourceposition: string;
  position: number;
  through: number;
}

/**
 * Checkpoint of a whole source: all marks up to `through` (log) and `quarantineThrough` are in CURSORS. It is written
 * with the marks it speaks of and expects the head before it, so two brokers can not overwrite each other's marks.
 */
export interface HeadRecord {
  through: number;
  quarantineThrough: number;
}

const EPOCH_HASH_CHARACTERS = 16;

export const headSubject = (entry: string, system: string): string => `mark.${entry}.${system}.head`;
export const watermarkFilter = (entry: string, system: string): string => `mark.${entry}.${system}.*`;

/** An epoch may hold any printable character, a subject may not. */
export function watermarkSubject(entry: string, system: string, epoch: string): string {
  const hash = createHash('sha256').update(epoch).digest('hex').slice(0, EPOCH_HASH_CHARACTERS);
  return `mark.${entry}.${system}.${hash}`;
}

export function watermarkRecord(source: SourceWatermarks, epoch: string, mark: SourceWatermark): WatermarkRecord {
  return { epoch, sourceposition: mark.handled ?? '0', position: mark.position, through: source.through };
}

export const encodeRecord = (record: WatermarkRecord | HeadRecord): Uint8Array => Buffer.from(JSON.stringify(record));
export const decodeRecord = <Kind extends WatermarkRecord | HeadRecord>(bytes: Uint8Array): Kind =>
  JSON.parse(Buffer.from(bytes).toString()) as Kind;
