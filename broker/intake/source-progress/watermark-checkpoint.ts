import { SerialQueue } from '../../../proto/async/serial-queue.js';
import { WrongExpectedSequenceError } from '../../nats/store-errors.js';
import type { OutMessage } from '../../nats/write/out-message.js';
import type { Publisher } from '../../nats/write/publisher.js';
import type { EpochProgress } from './epoch-progress.js';
import type { SourceProgress } from './source-progress.js';
import { encodeRecord, type HeadRecord, headSubject, watermarkRecord, watermarkSubject } from './watermark-record.js';

/** Balances what a restart has to read of the log again against the writes that a busy bus adds. */
const CHECKPOINT_INTERVAL_MS = 1_000;
/** Far below the server's limit of an atomic batch, so that one more source never exceeds it. */
const BATCH_MESSAGES = 500;
/** Watermarks of one source in one batch; the others stay dirty for the next. */
const WATERMARKS_PER_SOURCE_MAX = 400;

interface SourcePart {
  source: SourceProgress;
  messages: OutMessage[];
  written: { epoch: EpochProgress; processed: string | undefined }[];
  reach: HeadRecord;
  isComplete: boolean;
}

/**
 * Writes watermarks that have advanced to CURSORS once a second.
 *
 * Writing them with every commit would double the writes; never writing them would make a restart read the whole log. A
 * checkpoint may be late but never wrong: the watermarks of a source and its head are one atomic batch, which expects the
 * head before it, so two brokers cannot overwrite each other. Whatever could not be written stays dirty.
 */
export class WatermarkCheckpoint {
  readonly #publisher: Publisher;
  readonly #dirty = new Set<SourceProgress>();
  #timer: NodeJS.Timeout | undefined;
  readonly #writes = new SerialQueue();

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** A watermark of this source has advanced. */
  touch(source: SourceProgress): void {
    this.#dirty.add(source);
    this.#timer ??= setTimeout(() => void this.flush(), CHECKPOINT_INTERVAL_MS).unref();
  }

  /** Never rejects: what could not be written stays dirty, and the log still has it all. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#writes.run(() => this.#writeAll());
  }

  /** Writes what is left and sets no more timers. */
  async stop(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    this.#dirty.clear();
  }

  async #writeAll(): Promise<void> {
    const sources = [...this.#dirty];
    this.#dirty.clear();
    let batch: SourcePart[] = [];
    let messages = 0;
    for (const source of sources) {
      const part = partOf(source);
      if (!part) continue;
      batch.push(part);
      messages += part.messages.length;
      if (messages < BATCH_MESSAGES) continue;
      await this.#write(batch);
      batch = [];
      messages = 0;
    }
    if (batch.length > 0) await this.#write(batch);
  }

  async #write(parts: SourcePart[]): Promise<void> {
    try {
      const { lastPosition } = await this.#publisher.publishBatch(parts.flatMap((part) => part.messages));
      this.#onWritten(parts, lastPosition);
    } catch (error) {
      if (!(error instanceof WrongExpectedSequenceError)) {
        for (const { source } of parts) this.touch(source);
      } else if (parts.length === 1) {
        // Another broker writes for this source too: its head is read again before the next event.
        parts[0]!.source.head = undefined;
        parts[0]!.source.doubt();
      } else {
        const half = parts.length >> 1;
        await this.#write(parts.slice(0, half));
        await this.#write(parts.slice(half));
      }
    }
  }

  #onWritten(parts: SourcePart[], lastPosition: number): void {
    let sequence = lastPosition - parts.reduce((sum, part) => sum + part.messages.length, 0);
    for (const { source, messages, written, reach, isComplete } of parts) {
      sequence += messages.length;
      source.head = { sequence, ...reach };
      for (const { epoch, processed } of written) if (epoch.processed === processed) epoch.isDirty = false;
      if (!isComplete) this.touch(source);
    }
  }
}

/** Undefined when the head is not known: the recovery that reads it touches the source again. */
function partOf(source: SourceProgress): SourcePart | undefined {
  const { entry, system, head } = source;
  if (!head) return undefined;
  const allDirty = [...source.epochs].filter(([, epoch]) => epoch.isDirty);
  const dirty = allDirty.slice(0, WATERMARKS_PER_SOURCE_MAX);
  const isComplete = dirty.length === allDirty.length;
  const messages: OutMessage[] = dirty.map(([name, epoch]) => ({
    subject: watermarkSubject(entry, system, name),
    data: encodeRecord(watermarkRecord(source, name, epoch)),
  }));
  // While some watermarks are left for the next batch, the head reaches no further than before.
  const { through, quarantineThrough } = isComplete ? source : head;
  messages.push({
    subject: headSubject(entry, system),
    data: encodeRecord({ through, quarantineThrough }),
    expectLastSubject: head.sequence,
  });
  const written = dirty.map(([, epoch]) => ({ epoch, processed: epoch.processed }));
  return { source, messages, written, reach: { through, quarantineThrough }, isComplete };
}
