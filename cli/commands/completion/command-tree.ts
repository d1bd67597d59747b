import type { Command } from 'commander';

export interface CompletionWord {
  word: string;
  summary: string;
}

/** Words that may follow one command: its subcommands and options. */
export interface CompletionNode {
  /** Names from the program down, such as `grants list`; empty for the program itself. */
  path: string;
  subcommands: CompletionWord[];
  options: CompletionWord[];
}

/** Every command of a program, parents first. */
export function commandTree(command: Command, path = ''): CompletionNode[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command);
  const node = {
    path,
    subcommands: subcommands.map((one) => ({ word: one.name(), summary: one.summary() || one.description() })),
    options: help
      .visibleOptions(command)
      .flatMap(({ long, description }) => (long ? [{ word: long, summary: description }] : [])),
  };
  const below = subcommands.filter((one) => one.name() !== 'help');
  return [node, ...below.flatMap((one) => commandTree(one, path === '' ? one.name() : `${path} ${one.name()}`))];
}
