import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';

const run = promisify(execFile);

/** The words that bash offers after a command line; the last word is the one that is being typed. */
async function offeredByBash(...words: string[]): Promise<string[]> {
  const { out } = await sluice('completion', 'bash');
  const line = words.map((word) => `"${word}"`).join(' ');
  const script = `${out}\nCOMP_WORDS=(sluice ${line}); COMP_CWORD=${words.length}; _sluice; echo "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['-c', script]);
  return stdout.trim().split(' ');
}

const isMissing = async (shell: string): Promise<string | false> =>
  run(shell, ['--version']).then(
    () => false,
    () => `${shell} is not installed`,
  );

t.test('bash completes commands, subcommands and options', async (t) => {
  t.strictSame(await offeredByBash('dead'), ['dead-letters']);
  t.strictSame(await offeredByBash('grants', 'su'), ['suspend']);
  t.ok((await offeredByBash('subscribe', 'g-one', '--')).includes('--until-caught-up'));
  t.ok((await offeredByBash('--')).includes('--version'));
});

for (const shell of ['zsh', 'fish']) {
  t.test(`the completion script for ${shell} has no syntax error`, { skip: await isMissing(shell) }, async (t) => {
    const { out } = await sluice('completion', shell);
    await t.resolves(run(shell, ['-n', '-c', out]));
  });
}

t.test('completion for an unknown shell is refused with the shells that are known', async (t) => {
  const { exitCode, err } = await sluice('completion', 'tcsh');
  t.equal(exitCode, 2);
  t.match(err, /bash, zsh, fish/);
});
