import type { FrameSink } from '../../../broker/stream/subscriber.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import type {
  AckedFrame,
  EndedFrame,
  EventsFrame,
  ServerFrame,
  SubscribedFrame,
} from '../../../proto/frames/frames.js';

/** A sink that records every frame; JSON only. Its buffer can be made to look full. */
export class RecordingSink implements FrameSink {
  readonly frames: ServerFrame[] = [];
  buffered = 0;
  isClosed = false;
  readonly #held: Uint8Array[] = [];
  readonly #drained: (() => void)[] = [];
  readonly #listeners = new Set<() => void>();

  send(message: Uint8Array): boolean {
    return this.sendFrame(JSON.parse(payloadText(message)) as ServerFrame);
  }

  hold(message: Uint8Array): void {
    this.#held.push(message);
  }

  writeHeld(): void {
    for (const message of this.#held.splice(0)) this.#record(JSON.parse(payloadText(message)) as ServerFrame);
  }

  sendFrame(frame: ServerFrame): boolean {
    this.writeHeld();
    this.#record(frame);
    return true;
  }

  #record(frame: ServerFrame): void {
    this.frames.push(frame);
    for (const listener of this.#listeners) listener();
  }

  sendSoon(frame: ServerFrame): void {
    this.sendFrame(frame);
  }

  isOpen(): boolean {
    return !this.isClosed;
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  whenDrained(fn: () => void): void {
    this.#drained.push(fn);
  }

  whenWritten(fn: () => void, _msMax: number): void {
    if (this.buffered === 0) setImmediate(fn);
    else this.#drained.push(fn);
  }

  drain(): void {
    this.buffered = 0;
    for (const fn of this.#drained.splice(0)) fn();
  }

  /** Resolves when the frames satisfy a condition. */
  until(condition: (sink: this) => boolean): Promise<void> {
    if (condition(this)) return Promise.resolve();
    return new Promise((resolve) => {
      const check = () => {
        if (!condition(this)) return;
        this.#listeners.delete(check);
        resolve();
      };
      this.#listeners.add(check);
    });
  }

  get events(): DeliveredEvent[] {
    return this.#ofKind<EventsFrame>('events').flatMap((frame) => frame.events);
  }

  get positions(): number[] {
    return this.events.map((event) => event.position);
  }

  get subscribed(): SubscribedFrame | undefined {
    return this.#ofKind<SubscribedFrame>('subscribed')[0];
  }

  get ended(): EndedFrame | undefined {
    return this.#ofKind<EndedFrame>('ended')[0];
  }

  get acked(): number {
    return this.#ofKind<AckedFrame>('acked').at(-1)?.position ?? 0;
  }

  has(kind: ServerFrame['kind']): boolean {
    return this.frames.some((frame) => frame.kind === kind);
  }

  #ofKind<F extends ServerFrame>(kind: F['kind']): F[] {
    return this.frames.filter((frame): frame is F => frame.kind === kind);
  }
}

/** Returns the payload behind the header of an unmasked message. */
function payloadText(message: Uint8Array): string {
  const length = (message[1] as number) & 0x7f;
  const headBytes = length < 126 ? 2 : length === 126 ? 4 : 10;
  return Buffer.from(message.subarray(headBytes)).toString();
}
