import Backprop

extension Command {
    static let completions = Command(
        name: "completions",
        synopsis: "bash | zsh | fish",
        summary: "Writes what a shell needs to complete commands, options, their values and files.",
        details: """
            bash   source <(backprop completions bash), in ~/.bashrc
            zsh    backprop completions zsh > _backprop, in a folder of $fpath
            fish   backprop completions fish > ~/.config/fish/completions/backprop.fish
            """,
        options: [],
        maximumPositionals: 1,
        run: { arguments, console in
            let name = try arguments.positional(0, "bash, zsh or fish")
            guard let shell = Shell(rawValue: name) else {
                throw UsageError(message: unknown("shell", name, among: Shell.allCases.map(\.rawValue)))
            }
            console.write(shell.script(for: Command.all))
            return ExitStatus.success
        }
    )
}

private enum Shell: String, CaseIterable {
    case bash, zsh, fish

    func script(for commands: [Command]) -> String {
        switch self {
        case .bash: bashScript(commands)
        case .zsh: zshScript(commands)
        case .fish: fishScript(commands)
        }
    }
}

/// A text in single quotes, as all three shells read it but for fish, which has a backslash of its own.
private func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

// MARK: - bash

/// For 3.2, which macOS has, and later.
private func bashScript(_ commands: [Command]) -> String {
    let cases = commands.map { command in
        let options = command.options.compactMap { option -> String? in
            guard option.placeholder != nil else { return nil }
            let candidates = option.candidates
            return "            --\(option.name)) words=\(quoted(candidates.words.joined(separator: " "))) "
                + "files=\(candidates.areFiles ? 1 : 0) ;;"
        }
        let candidates = command.candidates
        let names = (command.options.map { "--\($0.name)" } + ["--help"]).joined(separator: " ")
        return """
                \(command.name))
                    options=\(quoted(names))
                    words=\(quoted(candidates.words.joined(separator: " "))) files=\(candidates.areFiles ? 1 : 0)
                    case $previous in
            \((options + ["            *) value=0 ;;"]).joined(separator: "\n"))
                    esac
                    ;;
            """
    }
    return """
        # bash completion for backprop \(libraryVersion), made by 'backprop completions bash'
        _backprop() {
            local IFS=$' \\t\\n'
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
            local words='' options='' files=0 value=1
            COMPREPLY=()
            # --option=value is three words.
            if [ "$current" = '=' ]; then
                current=''
            elif [ "$previous" = '=' ]; then
                previous=${COMP_WORDS[COMP_CWORD-2]}
            fi
            if [ "$COMP_CWORD" -eq 1 ]; then
                COMPREPLY=($(compgen -W \(quoted((commands.map(\.name) + topWords).joined(separator: " "))) -- "$current"))
                return
            fi
            case ${COMP_WORDS[1]} in
            help) words=\(quoted(commands.map(\.name).joined(separator: " "))) ;;
        \(cases.joined(separator: "\n"))
            esac
            if [ "$value" -eq 0 ] && [ "${current#-}" != "$current" ]; then
                COMPREPLY=($(compgen -W "$options" -- "$current"))
                return
            fi
            COMPREPLY=($(compgen -W "$words" -- "$current"))
            if [ "$files" -eq 1 ]; then
                IFS=$'\\n'
                COMPREPLY=("${COMPREPLY[@]}" $(compgen -f -- "$current"))
                compopt -o filenames 2>/dev/null
            fi
        }
        complete -F _backprop backprop

        """
}

/// What can stand in a command's place.
private let topWords = ["help", "--help", "--version"]

// MARK: - zsh

private func zshScript(_ commands: [Command]) -> String {
    func described(_ text: String) -> String {
        text.reduce(into: "") { $0 += "[]:\\".contains($1) ? "\\\($1)" : String($1) }
    }
    let cases = commands.map { command in
        let specs = command.options.map { option -> String in
            guard let placeholder = option.placeholder else {
                return quoted("--\(option.name)[\(described(option.help))]")
            }
            let candidates = option.candidates
            let action =
                candidates.areFiles
                ? "_files" : candidates.words.isEmpty ? " " : "(\(candidates.words.joined(separator: " ")))"
            return quoted("--\(option.name)=[\(described(option.help))]:\(described(placeholder)):\(action)")
        }
        let positionals = quoted("*:argument:_backprop_\(command.name)")
        return """
                \(command.name))
                    _arguments \\
            \((specs + [positionals]).map { "            \($0)" }.joined(separator: " \\\n"))
                    ;;
            """
    }
    let positionals = commands.map { command in
        let candidates = command.candidates
        var alternatives: [String] = []
        if !candidates.words.isEmpty { alternatives.append("words:word:(\(candidates.words.joined(separator: " ")))") }
        if candidates.areFiles { alternatives.append("files:file:_files") }
        let body =
            alternatives.isEmpty
            ? "_message 'nothing more'" : "_alternative " + alternatives.map(quoted).joined(separator: " ")
        return "_backprop_\(command.name)() { \(body) }"
    }
    return """
        #compdef backprop
        # zsh completion for backprop \(libraryVersion), made by 'backprop completions zsh'
        \(positionals.joined(separator: "\n"))
        _backprop() {
            local -a commands
            commands=(
        \(commands.map { "        " + quoted("\($0.name):\($0.summary)") }.joined(separator: "\n"))
                'help:Shows the help of a command.'
            )
            if (( CURRENT == 2 )); then
                _describe -t commands command commands
                return
            fi
            shift words
            (( CURRENT-- ))
            case $words[1] in
            help) _describe -t commands command commands ;;
        \(cases.joined(separator: "\n"))
            esac
        }
        # As a file of $fpath this is the function's body; with source it defines the function.
        if [ "$funcstack[1]" = _backprop ]; then _backprop "$@"; else compdef _backprop backprop; fi

        """
}

// MARK: - fish

private func fishScript(_ commands: [Command]) -> String {
    func quoted(_ text: String) -> String {
        "'" + text.reduce(into: "") { $0 += "'\\".contains($1) ? "\\\($1)" : String($1) } + "'"
    }
    var lines = ["complete -c backprop -f"]
    for command in commands {
        lines.append(
            "complete -c backprop -n __fish_use_subcommand -a \(command.name) -d \(quoted(command.summary))")
    }
    lines.append("complete -c backprop -n __fish_use_subcommand -a help -d 'Shows the help of a command.'")
    lines.append(
        "complete -c backprop -n '__fish_seen_subcommand_from help' -a \(quoted(commands.map(\.name).joined(separator: " ")))"
    )
    for command in commands {
        let start = "complete -c backprop -n '__fish_seen_subcommand_from \(command.name)'"
        for option in command.options {
            let candidates = option.candidates
            var line = "\(start) -l \(option.name) -d \(quoted(option.help))"
            if option.placeholder != nil { line += candidates.areFiles ? " -r -F" : " -x" }
            if !candidates.words.isEmpty { line += " -a \(quoted(candidates.words.joined(separator: " ")))" }
            lines.append(line)
        }
        let candidates = command.candidates
        if candidates.areFiles { lines.append("\(start) -F") }
        if !candidates.words.isEmpty { lines.append("\(start) -a \(quoted(candidates.words.joined(separator: " ")))") }
    }
    return """
        # fish completion for backprop \(libraryVersion), made by 'backprop completions fish'
        \(lines.joined(separator: "\n"))

        """
}
