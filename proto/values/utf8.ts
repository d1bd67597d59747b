const decoder = new TextDecoder('utf-8', { fatal: true });

/** Decodes bytes that must be UTF-8; throws TypeError where other decoders would put U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
