import type { CompletionNode } from './command-tree.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * A script that holds all words, so that completing starts no process. It offers options behind a `-`, else subcommands and
 * values, and files where it knows neither.
 */
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

const pathsBelow = (nodes: readonly CompletionNode[]): string =>
  nodes
    .filter(({ path }) => path !== '')
    .map(({ path }) => `"${path}"`)
    .join(' | ');

/**
 * Walks the words up to the cursor: those that lead to a command make the path, options and arguments do not. The variable is
 * not named `path`, which is the PATH in zsh.
 */
const WALK = (words: string, from: string, to: string, nodes: readonly CompletionNode[]): string => `
  local walked="" next i
  for ((i = ${from}; i < ${to}; i++)); do
    next="\${walked:+$walked }\${${words}[i]}"
    case "$next" in
      ${pathsBelow(nodes)}) walked="$next" ;;
    esac
  done`;

/** One branch for each option that takes a value: what to do with its values, or with none for a value of any kind. */
const valueCases = (nodes: readonly CompletionNode[], act: (values: readonly string[]) => string): string =>
  nodes
    .flatMap(({ path, options }) =>
      options.flatMap(({ word, takesValue, values }) =>
        takesValue ? [`    "${path} ${word}") ${act(values)}; return ;;`] : [],
      ),
    )
    .join('\n');

const wordCases = (nodes: readonly CompletionNode[]): string =>
  nodes
    .map(({ path, subcommands, values, options }) => {
      const offered = [...subcommands.map(({ word }) => word), ...values].join(' ');
      return `    "${path}") offered=(${offered}); options=(${options.map(({ word }) => word).join(' ')}) ;;`;
    })
    .join('\n');

function bashScript(nodes: readonly CompletionNode[]): string {
  const compgen = (words: string): string => `COMPREPLY=($(compgen -W "${words}" -- "$current"))`;
  return `# Completion of sluice for bash. Load it with: source <(sluice completion bash)
_sluice() {${WALK('COMP_WORDS', '1', 'COMP_CWORD', nodes)}
  local current="\${COMP_WORDS[COMP_CWORD]}" offered=() options=()
  COMPREPLY=()
  case "$walked \${COMP_WORDS[COMP_CWORD - 1]}" in
${valueCases(nodes, (values) => (values.length === 0 ? ':' : compgen(values.join(' '))))}
  esac
  case "$walked" in
${wordCases(nodes)}
  esac
  [[ $current == -* ]] && offered=("\${options[@]}")
  COMPREPLY=($(compgen -W "\${offered[*]}" -- "$current"))
}
complete -o default -F _sluice sluice`;
}

function zshScript(nodes: readonly CompletionNode[]): string {
  return `#compdef sluice
# Completion of sluice for zsh. Load it after compinit with: source <(sluice completion zsh)
_sluice() {${WALK('words', '2', 'CURRENT', nodes)}
  local -a offered options
  case "$walked \${words[CURRENT - 1]}" in
${valueCases(nodes, (values) => (values.length === 0 ? '_files' : `compadd -- ${values.join(' ')}`))}
  esac
  case "$walked" in
${wordCases(nodes)}
  esac
  [[ $PREFIX == -* ]] && offered=($options)
  if (( $#offered )); then compadd -a offered; else _files; fi
}
compdef _sluice sluice`;
}

function fishScript(nodes: readonly CompletionNode[]): string {
  const paths = nodes.map(({ path }) => path).filter((path) => path !== '');
  const lines = nodes.flatMap(({ path, subcommands, values, options }) => {
    const complete = `complete -c sluice -n '__sluice_at "${path}"'`;
    return [
      ...subcommands.map(({ word, summary }) => `${complete} -f -a ${word} -d ${quoted(summary)}`),
      ...(values.length > 0 ? [`${complete} -f -a ${quoted(values.join(' '))}`] : []),
      ...options.map(
        (option) => `${complete} -l ${option.word.slice(2)}${fishValue(option)} -d ${quoted(option.summary)}`,
      ),
    ];
  });
  return `# Completion of sluice for fish. Load it with: sluice completion fish | source
function __sluice_at
  set -l known ${paths.map(quoted).join(' ')}
  set -l walked ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$walked $word")
    contains -- $next $known; and set walked $next
  end
  test "$walked" = "$argv[1]"
end
${lines.join('\n')}`;
}

function fishValue({ takesValue, values }: CompletionNode['options'][number]): string {
  if (!takesValue) return '';
  return values.length === 0 ? ' -r' : ` -x -a ${quoted(values.join(' '))}`;
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
