/** What is wrong with a record that somebody else has written. The message holds no value. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  constructor(
    readonly code: 'EVENT_INVALID' | 'UNKNOWN_ITEM' | 'ITEM_INVALID',
    readonly item: string | undefined,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
