import type { Command } from 'commander';

export interface CompletionWord {
  word: string;
  summary: string;
}

export interface CompletionOption extends CompletionWord {
  takesValue: boolean;
  /** Values that the option is limited to; empty when it takes any. */
  values: readonly string[];
}

/** Words that may follow one command. */
export interface CompletionNode {
  /** Names from the program down, such as `grants list`; empty for the program itself. */
  path: string;
  subcommands: CompletionWord[];
  options: CompletionOption[];
  /** Values that an argument of the command is limited to. */
  values: readonly string[];
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
      .flatMap(({ long, description, required, optional, argChoices = [] }) =>
        long ? [{ word: long, summary: description, takesValue: required || optional, values: argChoices }] : [],
      ),
    values: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
  };
  const below = subcommands.filter((one) => one.name() !== 'help');
  return [node, ...below.flatMap((one) => commandTree(one, path === '' ? one.name() : `${path} ${one.name()}`))];
}
