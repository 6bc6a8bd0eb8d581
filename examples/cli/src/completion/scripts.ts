// What a shell is told to do when Tab is pressed: ask tally, and nothing of what was typed is evaluated on the way.

/** The shells that are known. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

/**
 * A script for a shell to read. tally answers with a line that says `files` where a file's name may come too, and `words` where not; then
 * a line a candidate, for zsh and fish with a tab and what it means.
 */
export function scriptFor(shell: Shell): string {
  return SCRIPTS[shell]
}

/** How a shell is made to read it, each time it starts. */
export const INSTALLING: Readonly<Record<Shell, string>> = {
  bash: `echo 'eval "$(tally completion bash)"' >> ~/.bashrc`,
  zsh: `echo 'eval "$(tally completion zsh)"' >> ~/.zshrc    # after compinit`,
  fish: 'tally completion fish > ~/.config/fish/completions/tally.fish',
}

// Bash 3.2, which macOS still has, knows neither mapfile nor compopt.
const BASH = `_tally() {
  local line IFS=$'\\n' kind=''
  COMPREPLY=()
  while read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <(tally __complete bash "$COMP_LINE" "$COMP_POINT" "$COMP_WORDBREAKS" 2>/dev/null)
  compopt -o nosort &>/dev/null
  if [[ $kind == files ]]; then
    compopt -o filenames &>/dev/null
    while read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
  fi
}
complete -F _tally tally
`

const ZSH = `#compdef tally
_tally() {
  local -a lines found
  lines=("\${(@f)$(tally __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  found=("\${(@)lines[2,-1]}")
  # zsh wants a colon where tally has a tab.
  found=("\${(@)\${(@)found//:/\\\\:}//$'\\t'/:}")
  (( \${#found} )) && _describe -t commands tally found
  [[ $lines[1] == files ]] && _files
  return 0
}
if [[ $funcstack[1] == _tally ]]; then _tally; else compdef _tally tally; fi
`

const FISH = `function __tally_complete
  set -l lines (tally __complete fish (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  test (count $lines) -gt 1; and printf '%s\\n' $lines[2..]
  test "$lines[1]" = files; and __fish_complete_path (commandline -ct)
end
complete -c tally -f -a '(__tally_complete)'
`

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH }
