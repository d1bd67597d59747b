import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { forgetTurn } from './turn-probe.js';

/**
 * Loaded into the broker before its own code: on a signal it collects all garbage and writes down what memory is in use. Without a
 * collection the figure says when the last one was, not what is kept.
 */
const file = process.env.SLUICE_MEMORY_PROBE;
/** The first collection only makes free what has a finalizer, such as buffers; the next ones take it. */
const COLLECTIONS = 3;

if (file && process.argv[1]?.endsWith('main.js')) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let taken = 0;
  process.on('SIGUSR2', () => {
    void (async () => {
      for (let i = 0; i < COLLECTIONS; i++) {
        collect();
        // The broker would never stop the world for so long by itself.
        forgetTurn();
        await new Promise(setImmediate);
      }
      writeFileSync(file, JSON.stringify({ taken: ++taken, ...process.memoryUsage() }));
    })();
  });
}
