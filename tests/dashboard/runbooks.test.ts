import t from 'tap';
import { readSourceTree, readText } from '../structure/source-tree.js';

const runbooks = readText('docs/alerts.md');
/** `sluice log … | grep …` up to the next pipe, once for each grep. */
const LOG_COMMAND = /sluice log( --canary)?[^|\n]*((?:\| grep (?:-\w+ )*(?:'[^'\n]*'(?: -e )?)+ ?)+)/g;
const QUOTED = /'([^']*)'/g;
/** A field of a line, or a choice: no text of a message. */
const NO_MESSAGE = /[[\](){}*]|^"\w+"$/;

/** Sources of each program. */
const SOURCES: Readonly<Record<string, RegExp>> = {
  broker: /^broker\//,
  canary: /^(?:dashboard\/canary|cli\/commands\/canary)\//,
};

t.test('every log line that a runbook greps for is written by the broker, or by the canary', async (t) => {
  const files = readSourceTree().filter(({ isTest }) => !isTest);
  const texts = Object.fromEntries(
    Object.entries(SOURCES).map(([program, paths]) => [
      program,
      files.filter(({ path }) => paths.test(path)).map(({ text }) => text),
    ]),
  );
  let checked = 0;
  for (const [, ofCanary, greps = ''] of runbooks.matchAll(LOG_COMMAND)) {
    const program = ofCanary ? 'canary' : 'broker';
    for (const [, quoted = ''] of greps.matchAll(QUOTED)) {
      if (NO_MESSAGE.test(quoted)) continue;
      const message = quoted.replaceAll('"', '');
      t.ok(
        texts[program]?.some((text) => text.includes(message)),
        `the ${program} logs "${message}"`,
      );
      checked++;
    }
  }
  t.ok(checked > 15, `${checked} messages`);
});

t.test('every runbook has its commands in blocks or in its text, and no placeholder of a shell', async (t) => {
  const blocks = [...runbooks.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  t.ok(blocks.length > 25, `${blocks.length} blocks`);
  for (const [, language = '', text = ''] of blocks) {
    t.ok(['sh', 'promql'].includes(language), `a block of ${language}`);
    t.notMatch(text, /<\w+>|…/, 'a pasted placeholder would be a redirection');
    t.notMatch(text, /curl (?!-sSf )/, 'an answer that is an error would look like one without a match');
    t.notMatch(text, /journalctl/, 'the log may be a file: sluice log reads both');
  }
});
