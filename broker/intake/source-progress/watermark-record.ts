import { createHash } from 'node:crypto';
import type { EpochProgress } from './epoch-progress.js';
import type { SourceProgress } from './source-progress.js';

/** Checkpoint of one epoch of a source, as it is stored in CURSORS. */
export interface WatermarkRecord {
  epoch: string;
  sourceposition: string;
  position: number;
  through: number;
}

/**
 * Checkpoint of a whole source: every watermark up to `through` (log) and `quarantineThrough` is in CURSORS. It is written in one
 * batch with those watermarks and expects the head before it, so two brokers cannot overwrite each other's.
 */
export interface HeadRecord {
  through: number;
  quarantineThrough: number;
}

const EPOCH_HASH_CHARACTERS = 16;

export const headSubject = (entry: string, system: string): string => `mark.${entry}.${system}.head`;
export const watermarkFilter = (entry: string, system: string): string => `mark.${entry}.${system}.*`;

/** The name of an epoch may hold any printable character, a subject may not: it holds a hash. */
export function watermarkSubject(entry: string, system: string, epoch: string): string {
  const hash = createHash('sha256').update(epoch).digest('hex').slice(0, EPOCH_HASH_CHARACTERS);
  return `mark.${entry}.${system}.${hash}`;
}

export function watermarkRecord(source: SourceProgress, name: string, epoch: EpochProgress): WatermarkRecord {
  return {
    epoch: name,
    sourceposition: epoch.processed ?? '0',
    position: epoch.logPosition,
    through: source.through,
  };
}

export const encodeRecord = (record: WatermarkRecord | HeadRecord): Uint8Array => Buffer.from(JSON.stringify(record));
export const decodeRecord = <Kind extends WatermarkRecord | HeadRecord>(bytes: Uint8Array): Kind =>
  JSON.parse(Buffer.from(bytes).toString()) as Kind;
