import { open, rename, rm } from 'node:fs/promises';
import type { SavedShard } from '../subject-sequences.js';
import type { SavedItem } from './folded-room.js';
import { type Frame, FrameWriter, readFrames } from './frames.js';
import { KeptText, TextFile } from './kept-text.js';

/** State of the ledger and the rooms after record `head`. */
export interface Snapshot {
  head: number;
  /** SHA-256 of record `head`, in hex. */
  hash: string;
  subjects: readonly SavedShard[];
  /** Items of each room, in the order of the rooms. */
  rooms: readonly SavedItem[][];
}

interface Header {
  code: string;
  head: number;
  hash: string;
  rooms: number;
}

/** Key of the seal, and the code that the file has to be of. */
export interface FileTerms {
  path: string;
  key: Buffer;
  code: string;
}

/**
 * Writes a file beside the path and puts it in its place whole. Texts that were written are read from it from then on.
 * Resolves with the file that they are read from.
 */
export async function writeCheckpoint({ path, key, code }: FileTerms, snapshot: Snapshot): Promise<TextFile> {
  const unfinished = `${path}.tmp`;
  const moved: [text: KeptText, at: number, length: number][] = [];
  const file = await open(unfinished, 'w', 0o600);
  try {
    const writer = new FrameWriter(file, key);
    const { head, hash, rooms } = snapshot;
    await writer.add('header', json({ code, head, hash, rooms: rooms.length } satisfies Header));
    for (const items of rooms) {
      await writer.add('room', Buffer.alloc(0));
      for (const { state, texts = [] } of items) {
        for (const text of texts) {
          const bytes = text.read();
          moved.push([text, await writer.add('text', bytes), bytes.length]);
        }
        await writer.add('item', json(state));
      }
    }
    for (const shard of snapshot.subjects) await writer.add('subjects', encodeShard(shard));
    await writer.end();
    // A power cut may leave a name without the bytes; the seal shows it then.
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  const texts = new TextFile(path);
  for (const [text, at, length] of moved) text.moveTo(texts, at, length);
  return texts;
}

/** Undefined when there is none, or one that is of no use: unfinished, changed, or of other code. */
export async function readCheckpoint({
  path,
  key,
  code,
}: FileTerms): Promise<{ snapshot: Snapshot; texts: TextFile } | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  const texts = new TextFile(path);
  try {
    const found = new Found(texts);
    const isWhole = await readFrames(file, key, (frame) => found.take(frame));
    const { header, rooms, subjects } = found;
    if (isWhole && header?.code === code && header.rooms === rooms.length) {
      return { snapshot: { head: header.head, hash: header.hash, subjects, rooms }, texts };
    }
  } finally {
    await file.close();
  }
  texts.close();
  return undefined;
}

/** Frames as they come; nothing is parsed but JSON, and nothing of it used before the seal was checked. */
class Found {
  header: Header | undefined;
  readonly rooms: SavedItem[][] = [];
  readonly subjects: SavedShard[] = [];
  #texts: KeptText[] = [];

  constructor(private readonly file: TextFile) {}

  take({ kind, at, length, bytes }: Frame): void {
    if (kind === 'text') this.#texts.push(KeptText.inFile(this.file, at, length));
    else if (kind === 'header') this.header = parsed(bytes()) as Header;
    else if (kind === 'room') this.rooms.push([]);
    else if (kind === 'item') {
      this.rooms.at(-1)?.push({ state: parsed(bytes()), texts: this.#texts });
      this.#texts = [];
    } else this.subjects.push(decodeShard(Buffer.from(bytes())));
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Bytes of a damaged file may be no JSON; its seal is wrong then as well. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const SHARD_HEAD_BYTES = 16;

function encodeShard({ shard, seeds, hashes, sequences }: SavedShard): Buffer {
  const head = Buffer.alloc(SHARD_HEAD_BYTES);
  for (const [index, number] of [shard, ...seeds, hashes.length].entries()) head.writeUInt32LE(number, index * 4);
  return Buffer.concat([head, hashes, sequences]);
}

function decodeShard(bytes: Buffer): SavedShard {
  const [shard, high, low, length] = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const end = SHARD_HEAD_BYTES + length;
  const [hashes, sequences] = [bytes.subarray(SHARD_HEAD_BYTES, end), bytes.subarray(end)];
  return { shard, seeds: [high, low], hashes, sequences };
}
