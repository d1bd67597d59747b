import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Parser } from 'tap-parser';

/** Counts the assertions in a TAP file; the line that sums up a subtest counts only when it fails by itself. */
export async function countTests(path) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const parser = new Parser();
  countIn(parser, counts);
  await pipeline(createReadStream(path), parser);
  return counts;
}

function countIn(parser, counts) {
  let failedBeforeSubtest;
  parser.on('child', (child) => {
    failedBeforeSubtest = counts.failed;
    countIn(child, counts);
  });
  parser.on('assert', (result) => {
    const sumsUp = failedBeforeSubtest !== undefined;
    const explained = sumsUp && (result.ok || counts.failed > failedBeforeSubtest);
    failedBeforeSubtest = undefined;
    if (result.skip || result.todo) counts.skipped++;
    else if (explained) return;
    else if (result.ok) counts.passed++;
    else counts.failed++;
  });
}
