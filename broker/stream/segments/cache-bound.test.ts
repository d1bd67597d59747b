import t from 'tap';
import { CacheBound } from './cache-bound.js';

const MEBIBYTE = 1024 * 1024;

t.test('the cache shrinks by what connections hold, and takes the memory back', (t) => {
  let bufferMiB = 0;
  let nowMs = 0;
  const bound = new CacheBound(
    () => bufferMiB * MEBIBYTE,
    () => nowMs,
  );
  const steps: [buffers: number, cached: number, max: number][] = [
    [80, 40, 96],
    [160, 96, 96],
    [200, 96, 56],
    [500, 56, 16],
    [100, 16, 76],
    [20, 16, 96],
  ];
  for (const [buffers, cached, max] of steps) {
    bufferMiB = buffers;
    nowMs += 1_000;
    t.equal(bound.bytesMax(cached * MEBIBYTE), max * MEBIBYTE, `${buffers} MiB of buffers, ${cached} of them cached`);
    t.equal(bound.isScarce(cached * MEBIBYTE), buffers - cached > 112, 'scarce when others hold too much');
  }
  bufferMiB = 500;
  nowMs += 10;
  t.equal(bound.bytesMax(0), 96 * MEBIBYTE, 'it looks some times a second and not at every segment');
  t.end();
});
