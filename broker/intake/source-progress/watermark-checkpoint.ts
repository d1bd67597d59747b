import { WrongExpectedSequenceError } from '../../nats/store-errors.js';
import type { OutMessage } from '../../nats/write/out-message.js';
import type { Publisher } from '../../nats/write/publisher.js';
import type { SourceWatermark } from './source-watermark.js';
import type { SourceWatermarks } from './source-watermarks.js';
import { encodeRecord, type HeadRecord, headSubject, watermarkRecord, watermarkSubject } from './watermark-record.js';

/** What a restart has to read again of the log, against the writes that a busy bus adds. */
const CHECKPOINT_INTERVAL_MS = 1_000;
/** Far below the server's limit of an atomic batch, so that one source more never goes beyond it. */
const BATCH_MESSAGES = 500;
/** Marks of one source in one batch; what is left over stays dirty for the next. */
const WATERMARKS_PER_SOURCE_MAX = 400;

interface SourcePart {
  source: SourceWatermarks;
  messages: OutMessage[];
  written: { mark: SourceWatermark; handled: string | undefined }[];
  reach: HeadRecord;
  isComplete: boolean;
}

/** Writes changed marks to CURSORS now and then, off the way of events: without it a restart reads more of the log. */
export class WatermarkCheckpoint {
  readonly #publisher: Publisher;
  readonly #dirty = new Set<SourceWatermarks>();
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> = Promise.resolve();

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** The marks of this source have changed. */
  touch(source: SourceWatermarks): void {
    this.#dirty.add(source);
    this.#timer ??= setTimeout(() => void this.flush(), CHECKPOINT_INTERVAL_MS).unref();
  }

  /** Writes what has changed once; what could not be written stays dirty and is not an error: the log has it all. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#underWay = this.#underWay.then(() => this.#writeAll());
    return this.#underWay;
  }

  /** Writes what is left and takes no more timers. */
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

  #onWritten(parts: SourcePart[], lastPosition: number): void {
    let sequence = lastPosition - parts.reduce((sum, part) => sum + part.messages.length, 0);
    for (const { source, messages, written, reach, isComplete } of parts) {
      sequence += messages.length;
      source.head = { sequence, ...reach };
      for (const { mark, handled } of written) if (mark.handled === handled) mark.isDirty = false;
      if (!isComplete) this.touch(source);
    }
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
        parts[0]!.source.isCurrent = false;
      } else {
        const half = parts.length >> 1;
        await this.#write(parts.slice(0, half));
        await this.#write(parts.slice(half));
      }
    }
  }
}

/** Undefined when the head is not known: the recovery that reads it brings the source here again. */
function partOf(source: SourceWatermarks): SourcePart | undefined {
  const { entry, system, head } = source;
  if (!head) return undefined;
  const allDirty = [...source.epochs].filter(([, mark]) => mark.isDirty);
  const dirty = allDirty.slice(0, WATERMARKS_PER_SOURCE_MAX);
  const messages: OutMessage[] = dirty.map(([epoch, mark]) => ({
    subject: watermarkSubject(entry, system, epoch),
    data: encodeRecord(watermarkRecord(source, epoch, mark)),
  }));
  // While some marks are left over, the head reaches no further than before.
  const { through, quarantineThrough } = dirty.length === allDirty.length ? source : head;
  messages.push({
    subject: headSubject(entry, system),
    data: encodeRecord({ through, quarantineThrough }),
    expectLastSubject: head.sequence,
  });
  const written = dirty.map(([, mark]) => ({ mark, handled: mark.handled }));
  return {
    source,
    messages,
    written,
    reach: { through, quarantineThrough },
    isComplete: dirty.length === allDirty.length,
  };
}
