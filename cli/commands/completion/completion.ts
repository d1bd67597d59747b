import { Argument, type Command } from 'commander';
import type { Terminal } from '../../terminal.js';
import { commandTree } from './command-tree.js';
import { completionScript, SHELLS, type Shell } from './completion-script.js';

export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell that loads the script').choices(SHELLS))
    .summary('print a script that completes commands and options')
    .option('--json', 'the words of every command as JSON')
    .addHelpText('after', '\nExample:\n  $ sluice completion bash >> ~/.bashrc')
    .action(async (shell: Shell, { json }: { json?: boolean }) => {
      const nodes = commandTree(program);
      await terminal.out(json ? JSON.stringify(nodes) : completionScript(shell, nodes));
    });
}
