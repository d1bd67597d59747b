/** The field of pino that every line of the bus has. */
const TIME = /"time":(\d{13})/;

/**
 * The lines logged since that time, with the time as a date-time. A line without a time, such as one of a crash of the process, belongs to
 * the line before it.
 */
export async function* recentLines(lines: AsyncIterable<string>, sinceMs: number): AsyncGenerator<string> {
  let isRecent = true;
  for await (const line of lines) {
    const [, ms] = TIME.exec(line) ?? [];
    if (ms !== undefined) isRecent = Number(ms) >= sinceMs;
    if (!isRecent) continue;
    yield ms === undefined ? line : line.replace(ms, `"${new Date(Number(ms)).toISOString()}"`);
  }
}
