import type { MsgHdrs } from '@nats-io/transport-node';

/** One message as a stream holds it. */
export interface StoredMessage {
  /** The stream sequence. */
  position: number;
  subject: string;
  data: Uint8Array;
  /** `data` is memory of its own; else it may be a view into a larger network buffer: copy it to keep it. */
  mayBeKept?: boolean | undefined;
  timeMs: number;
  headers?: MsgHdrs | undefined;
}
