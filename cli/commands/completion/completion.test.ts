import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';

const run = promisify(execFile);

/** How each shell is asked for what it offers after the words; the last one is being typed. In zsh the two functions of the shell are replaced. */
const ASK: Record<string, (script: string, words: string[]) => string> = {
  bash: (script, words) =>
    `${script}\nCOMP_WORDS=(sluice ${quoted(words)}); COMP_CWORD=${words.length}; _sluice; echo "\${COMPREPLY[@]}"`,
  zsh: (script, words) =>
    `compdef() {}\n_files() { print FILES }\ncompadd() { [[ $1 == -a ]] && set -- -- \${(P)2}; shift; print -l -- \${(M)@:#$PREFIX*} }\n${script}\n` +
    `words=(sluice ${quoted(words)}); CURRENT=${words.length + 1}; PREFIX="$words[-1]"; _sluice`,
  fish: (script, words) => `${script}\ncomplete -C ${quoted([['sluice', ...words].join(' ')])} | cut -f1`,
};
const quoted = (words: string[]): string => words.map((word) => `'${word}'`).join(' ');

async function offered(shell: string, ...words: string[]): Promise<string[]> {
  const { out } = await sluice('completion', shell);
  const { stdout } = await run(shell, ['-c', ASK[shell]!(out, words)]);
  return stdout.trim().split(/\s+/).sort();
}

const isMissing = async (shell: string): Promise<string | false> =>
  run(shell, ['--version']).then(
    () => false,
    () => `${shell} is not installed`,
  );

for (const shell of Object.keys(ASK)) {
  t.test(
    `${shell} completes commands, options, and the values of both`,
    { skip: await isMissing(shell) },
    async (t) => {
      t.strictSame(await offered(shell, 'dead'), ['dead-letters']);
      t.strictSame(await offered(shell, 'grants', 'su'), ['suspend']);
      t.strictSame(await offered(shell, 'subscribe', 'g-one', '--until'), ['--until-caught-up']);
      t.strictSame(await offered(shell, 'subscribe', 'g-one', '--output', ''), ['csv', 'json', 'table']);
      t.strictSame(await offered(shell, 'completion', ''), ['bash', 'fish', 'zsh']);
    },
  );
}

t.test('completion for an unknown shell is refused with the shells that are known', async (t) => {
  const { exitCode, err } = await sluice('completion', 'tcsh');
  t.equal(exitCode, 2);
  t.match(err, /bash, zsh, fish/);
});
