const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
/** Lengths up to here stand in the second byte; above, it says how many bytes the length has. */
const SHORT_LENGTH_MAX = 125;
const TWO_BYTE_LENGTH = 126;
const EIGHT_BYTE_LENGTH = 127;

/** The bytes of one unfragmented, unmasked WebSocket message (RFC 6455, section 5.2): text for a string, else binary. */
export function wireFrame(frame: string | Uint8Array): Buffer {
  const length = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
  const headBytes = length <= SHORT_LENGTH_MAX ? 2 : length <= 0xffff ? 4 : 10;
  const wire = Buffer.allocUnsafe(headBytes + length);
  wire[0] = typeof frame === 'string' ? FIN_TEXT : FIN_BINARY;
  if (headBytes === 2) wire[1] = length;
  else if (headBytes === 4) {
    wire[1] = TWO_BYTE_LENGTH;
    wire.writeUInt16BE(length, 2);
  } else {
    wire[1] = EIGHT_BYTE_LENGTH;
    wire.writeBigUInt64BE(BigInt(length), 2);
  }
  if (typeof frame === 'string') wire.write(frame, headBytes, 'utf8');
  else wire.set(frame, headBytes);
  return wire;
}
