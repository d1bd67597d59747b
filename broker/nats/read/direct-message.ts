import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import type { StoredMessage } from '../stored-message.js';

/** A message as the client holds it before it parses the headers (docs/decisions/0390). */
interface UnparsedMessage {
  readonly _msg?: { hdr: number };
  readonly _rdata?: Uint8Array;
}

const NO_STATUS = 'NATS/1.0\r\n';

/**
 * One message of the answer to a direct read.
 *
 * The client parses all headers into lists of strings, which takes several times as long as everything else about the message and
 * leaves most of the garbage of a catch-up. Position, subject and time are looked up in their text instead, and only when
 * they are asked for. Decision: docs/decisions/0271.
 */
export class DirectMessage implements StoredMessage {
  readonly position: number;
  readonly data: Uint8Array;

  private constructor(
    private readonly msg: Msg,
    private readonly text: string | undefined,
  ) {
    this.data = msg.data;
    this.position = Number(this.#header('Nats-Sequence'));
  }

  /** Undefined when the server answers with a status instead of a message. */
  static of(msg: Msg): DirectMessage | undefined {
    const text = headerText(msg);
    const hasStatus = text === undefined ? (msg.headers?.code ?? 0) !== 0 : !text.startsWith(NO_STATUS);
    return hasStatus ? undefined : new DirectMessage(msg, text);
  }

  get subject(): string {
    return this.#header('Nats-Subject');
  }

  /** When it was stored. */
  get timeMs(): number {
    return Date.parse(this.#header('Nats-Time-Stamp'));
  }

  get headers(): MsgHdrs | undefined {
    return this.msg.headers;
  }

  #header(name: string): string {
    const { text } = this;
    if (text === undefined) return this.msg.headers?.get(name) ?? '';
    const start = text.indexOf(`\r\n${name}: `);
    if (start < 0) return '';
    const valueAt = start + name.length + 4;
    return text.slice(valueAt, text.indexOf('\r\n', valueAt));
  }
}

/** Undefined where the client has another form than expected: then its own parser is used. */
function headerText(msg: Msg): string | undefined {
  const { _msg, _rdata } = msg as unknown as UnparsedMessage;
  if (typeof _msg?.hdr !== 'number' || !(_rdata instanceof Uint8Array)) return undefined;
  return Buffer.from(_rdata.buffer, _rdata.byteOffset, _msg.hdr).toString();
}
