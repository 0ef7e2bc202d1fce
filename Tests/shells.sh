#!/usr/bin/env bash
# What `backprop completions` writes, loaded into the real shells, completes commands, options, values and files; and the
# page that `backprop manual` writes is one that groff and mandoc have nothing against. Says which shell or reader it
# skips because it is not installed (Debian: apt-get install zsh fish groff mandoc).
#
#     BACKPROP=PROGRAM Tests/shells.sh     the program to test, by default the one that is built here
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=${BACKPROP:-}
if [ -z "$program" ]; then
    configuration=${CONFIGURATION:-debug}
    swift build -c "$configuration" --product backprop >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    program=$(swift build -c "$configuration" --show-bin-path)/backprop
fi
touch "$work/my model.safetensors"
failures=0

# expect SHELL LINE WORD...: the line's last word can become each of the words, and none of those after 'not'.
expect() {
    local shell=$1 line=$2 word wanted=yes found
    shift 2
    found=$("complete_$shell" "$line")
    for word; do
        if [ "$word" = not ]; then wanted=no; continue; fi
        if grep -qxF -e "$word" <<<"$found"; then [ $wanted = yes ]; else [ $wanted = no ]; fi && continue
        echo "$shell: '$line': $word: wanted $wanted; found: $(tr '\n' '|' <<<"$found")"
        failures=$((failures + 1))
    done
}

complete_bash() {
    (cd "$work" && bash --norc -c '
        source "$1"
        # As readline cuts words: at spaces, and around an equals sign.
        line=${2//=/ = }
        read -r -a COMP_WORDS <<<"$line"
        [ "${line% }" = "$line" ] || [ "${line% = }" != "$line" ] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _backprop
        printf "%s\n" "${COMPREPLY[@]}"' bash "$work/bash" "$1")
}

complete_fish() {
    (cd "$work" && fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$work/fish" "$1" | cut -f 1 |
        sed 's/^--[a-z-]*=//')
}

# Types the line in an interactive zsh that lists what it would complete.
complete_zsh() {
    (cd "$work" && zsh -f -c '
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1=; stty -echo cols 300; autoload -U compinit; compinit -u; source $1; setopt no_beep"
        zpty -w shell "zstyle \":completion:*\" list-packed no; LISTMAX=1000; bindkey \"^X\" list-choices; echo re\"\"ady"
        zpty -r -m shell text "*ready*"
        zpty -w -n shell "$2"$'"'\x18'"'
        sleep 2
        zpty -r -t shell text "*" || true
        while zpty -r -t shell more; do text+=$more; done
        print -r -- "$text"
        zpty -d shell' zsh "$work/zsh" "$1" 2>/dev/null | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | tr -s '\r ' '\n' )
}

for shell in bash zsh fish; do
    "$program" completions $shell >"$work/$shell"
    command -v $shell >/dev/null || { echo "skipped: no $shell on this machine"; continue; }
    expect $shell "backprop " train predict export completions
    expect $shell "backprop ex" export not train
    expect $shell "backprop train --act" --activation
    expect $shell "backprop train --activation s" sigmoid silu softmax not tanh
    expect $shell "backprop train --optimizer ad" adam adamw adagrad not sgd
    expect $shell "backprop completions " bash zsh fish
    expect $shell "backprop train i" iris
    case $shell in
    zsh) expect zsh "backprop inspect my" 'model.safetensors' ;;
    *) expect $shell "backprop inspect my" 'my model.safetensors' ;;
    esac
    [ $shell = zsh ] || expect $shell "backprop train --loss=cross" cross-entropy
    echo "$shell: $($shell --version | head -n 1)"
done

"$program" manual >"$work/backprop.1"
if command -v groff >/dev/null; then
    groff -ww -man -Tutf8 -P-cbou "$work/backprop.1" >"$work/page" 2>"$work/log"
    if [ -s "$work/log" ]; then cat "$work/log"; failures=$((failures + 1)); fi
    grep -q "find-learning-rate" "$work/page" || { echo "groff: options are missing"; failures=$((failures + 1)); }
    echo "groff: $(wc -l <"$work/page") lines"
else
    echo "skipped: no groff on this machine"
fi
if command -v mandoc >/dev/null; then
    # The page has no date: it belongs to a version.
    mandoc -Tlint -W warning "$work/backprop.1" | grep -v "missing date" >"$work/log" || true
    if [ -s "$work/log" ]; then cat "$work/log"; failures=$((failures + 1)); fi
    echo "mandoc: looked through"
else
    echo "skipped: no mandoc on this machine"
fi
[ $failures = 0 ] || { echo "$failures failed"; exit 1; }
