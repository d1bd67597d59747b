const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
/** A payload up to this length has it in the second byte; above, that byte says how many bytes the length takes. */
const SHORT_LENGTH_MAX = 125;
const TWO_BYTE_LENGTH = 126;
const EIGHT_BYTE_LENGTH = 127;

/** The bytes of one unfragmented, unmasked WebSocket message (RFC 6455, section 5.2): text for a string, else binary. */
export function socketMessage(payload: string | Uint8Array): Buffer {
  const isText = typeof payload === 'string';
  const length = isText ? Buffer.byteLength(payload) : payload.length;
  const message = Buffer.allocUnsafe(headBytes(length) + length);
  const at = writeHead(message, isText, length);
  if (isText) message.write(payload, at, 'utf8');
  else message.set(payload, at);
  return message;
}

/** Size of the WebSocket header of the longest payload. */
export const HEAD_BYTES_MAX = 10;

/** Size of the WebSocket header for a payload of this length. */
export function headBytes(length: number): number {
  return length <= SHORT_LENGTH_MAX ? 2 : length <= 0xffff ? 4 : HEAD_BYTES_MAX;
}

/** Writes the WebSocket header; returns the offset of the payload. */
export function writeHead(message: Buffer, isText: boolean, length: number): number {
  const bytes = headBytes(length);
  message[0] = isText ? FIN_TEXT : FIN_BINARY;
  if (bytes === 2) message[1] = length;
  else if (bytes === 4) {
    message[1] = TWO_BYTE_LENGTH;
    message.writeUInt16BE(length, 2);
  } else {
    message[1] = EIGHT_BYTE_LENGTH;
    message.writeBigUInt64BE(BigInt(length), 2);
  }
  return bytes;
}
