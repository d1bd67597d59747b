import type { CompletionNode } from './command-tree.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that holds all words, so that completing starts no process. */
export function completionScript(shell: Shell, nodes: readonly CompletionNode[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(nodes);
    case 'zsh':
      return zshScript(nodes);
    case 'fish':
      return fishScript(nodes);
  }
}

const wordsOf = ({ subcommands, options }: CompletionNode): string =>
  [...subcommands, ...options].map(({ word }) => word).join(' ');

const pathsBelow = (nodes: readonly CompletionNode[]): string =>
  nodes
    .filter(({ path }) => path !== '')
    .map(({ path }) => `"${path}"`)
    .join(' | ');

/** Walks the words up to the cursor: those that lead to a command make the path, options and arguments do not. */
const WALK = (words: string, from: string, to: string, nodes: readonly CompletionNode[]): string => `
  local path="" next i
  for ((i = ${from}; i < ${to}; i++)); do
    next="\${path:+$path }\${${words}[i]}"
    case "$next" in
      ${pathsBelow(nodes)}) path="$next" ;;
    esac
  done`;

function bashScript(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map((node) => `    "${node.path}") words="${wordsOf(node)}" ;;`).join('\n');
  return `# Completion of sluice for bash. Load it with: source <(sluice completion bash)
_sluice() {${WALK('COMP_WORDS', '1', 'COMP_CWORD', nodes)}
  local words=""
  case "$path" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sluice sluice`;
}

function zshScript(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map((node) => `    "${node.path}") compadd -- ${wordsOf(node)} ;;`).join('\n');
  return `#compdef sluice
# Completion of sluice for zsh. Load it with: source <(sluice completion zsh)
_sluice() {${WALK('words', '2', 'CURRENT', nodes)}
  case "$path" in
${cases}
  esac
  _files
}
compdef _sluice sluice`;
}

function fishScript(nodes: readonly CompletionNode[]): string {
  const paths = nodes.map(({ path }) => path).filter((path) => path !== '');
  const lines = nodes.flatMap(({ path, subcommands, options }) => {
    const when = `-n '__sluice_at "${path}"'`;
    return [
      ...subcommands.map(({ word, summary }) => `complete -c sluice ${when} -f -a ${word} -d ${quoted(summary)}`),
      ...options.map(({ word, summary }) => `complete -c sluice ${when} -l ${word.slice(2)} -d ${quoted(summary)}`),
    ];
  });
  return `# Completion of sluice for fish. Load it with: sluice completion fish | source
function __sluice_at
  set -l known ${paths.map(quoted).join(' ')}
  set -l path ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    contains -- $next $known; and set path $next
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}`;
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
