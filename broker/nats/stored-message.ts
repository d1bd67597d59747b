import type { MsgHdrs } from '@nats-io/transport-node';

/** One message as a stream holds it. `data` may be a view into a larger network buffer: copy it to keep it. */
export interface StoredMessage {
  /** The stream sequence. */
  position: number;
  subject: string;
  data: Uint8Array;
  timeMs: number;
  headers?: MsgHdrs | undefined;
}
