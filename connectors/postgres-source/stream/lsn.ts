/** `16/B374D848` → a number, which can be compared and is a part of source positions. */
export function parseLsn(text: string): bigint {
  const [, high, low] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text) ?? [];
  if (high === undefined || low === undefined) throw new TypeError('the server sent a malformed LSN');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
