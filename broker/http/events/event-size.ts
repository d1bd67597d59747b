/** JSON takes more room than what is stored: at most twice, for text that is escaped throughout, and its frame. */
export const eventBytesMax = (maxEventBytes: number): number => 2 * maxEventBytes + 16 * 1024;
