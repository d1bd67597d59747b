import type { MsgHdrs } from '@nats-io/transport-node';

/**
 * Headers in wire form; `lines` are `Name: value` with CRLF after each. The client only calls `encode()` on the headers
 * of an outgoing message, and building its own object from a handful of values costs more than everything else that it
 * does for a message.
 */
export function wireHeaders(lines: string): MsgHdrs {
  const bytes = Buffer.from(`NATS/1.0\r\n${lines}\r\n`);
  return { encode: () => bytes } as Partial<WireHeaders> as MsgHdrs;
}

/** Members of the client's own class beside those of its interface. */
interface WireHeaders extends MsgHdrs {
  encode(): Uint8Array;
}
