/** Takes the next bytes of what waits, at most so many and of one chunk. Something must wait. */
export function takePiece(waiting: Buffer[], bytesMax: number): Buffer {
  const [chunk] = waiting as [Buffer];
  if (chunk.length <= bytesMax) return waiting.shift() as Buffer;
  waiting[0] = chunk.subarray(bytesMax);
  return chunk.subarray(0, bytesMax);
}
