import type { StoredMessage } from '../stored-message.js';

/** Messages that a process may be ahead of its consumer; beyond, they wait for it. */
const AHEAD_MESSAGES_MAX = 8_192;
const AHEAD_BYTES_MAX = 8 * 1024 * 1024;

/** Messages that were handed over by their writer and have not come from the stream yet, in ascending order. */
export class OwnMessages {
  #messages: StoredMessage[] = [];
  #first = 0;
  #bytes = 0;

  /** False when there are too many already. */
  add(message: StoredMessage): boolean {
    if (this.#messages.length - this.#first >= AHEAD_MESSAGES_MAX) return false;
    if (this.#bytes + message.data.length > AHEAD_BYTES_MAX) return false;
    this.#messages.push(message);
    this.#bytes += message.data.length;
    return true;
  }

  /** Whether a message from the stream is the one that was handed over in its place; one that was not is as it should be. */
  confirm(message: StoredMessage): boolean {
    let own = this.#messages[this.#first];
    // One that the stream does not have any more has expired.
    for (; own && own.position < message.position; own = this.#messages[this.#first]) this.#dropFirst(own);
    if (own?.position !== message.position) return true;
    this.#dropFirst(own);
    return isSameMessage(own, message);
  }

  clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #dropFirst(own: StoredMessage): void {
    this.#bytes -= own.data.length;
    this.#first++;
    if (this.#first === this.#messages.length) this.clear();
    else if (this.#first >= AHEAD_MESSAGES_MAX) {
      this.#messages = this.#messages.slice(this.#first);
      this.#first = 0;
    }
  }
}

export const isSameMessage = (a: StoredMessage, b: StoredMessage): boolean =>
  a.subject === b.subject && Buffer.compare(a.data, b.data) === 0;
