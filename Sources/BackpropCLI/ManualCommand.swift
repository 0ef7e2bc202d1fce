import Backprop

extension Command {
    static let manual = Command(
        name: "manual",
        synopsis: "",
        summary: "Writes a page for man: backprop manual > backprop.1",
        details: "",
        options: [],
        maximumPositionals: 0,
        run: { _, console in
            console.write(manualPage(of: Command.all))
            return ExitStatus.success
        }
    )
}

/// The manual in the macros of man(7), out of what `--help` says.
private func manualPage(of commands: [Command]) -> String {
    """
    .TH BACKPROP 1 "" "backprop \(libraryVersion)" "User Commands"
    .SH NAME
    backprop \\- train dense neural networks by backpropagation, and use them
    .SH SYNOPSIS
    \(commands.map { "\(macro("B", "backprop \($0.name)"))\n\(roff($0.synopsis))" }.joined(separator: "\n.PP\n"))
    .SH DESCRIPTION
    Each command reads its input whole or as it comes, writes its result to standard output and everything else
    to standard error. An option's value follows it as the next word or after an equals sign.
    \(commands.map(section).joined(separator: "\n"))
    .SH EXIT STATUS
    .TP
    .B \(ExitStatus.success)
    All went well.
    .TP
    .B \(ExitStatus.mismatch)
    check or verify found a number that is off.
    .TP
    .B \(ExitStatus.unsupported)
    verify met a case that it can't run.
    .TP
    .B \(ExitStatus.usage)
    The words were wrong.
    .TP
    .B \(ExitStatus.data)
    The data is not as it should be.
    .TP
    .B \(ExitStatus.noInput)
    A file can't be read or written.
    .TP
    .B \(ExitStatus.output)
    Standard output is full or closed.
    .SH ENVIRONMENT
    .TP
    .B BACKPROP_ISA
    The instruction set to compute with: scalar, avx2, avx512 or neon, as far as the processor has it. Results are
    the same to the bit.
    .SH EXAMPLES
    .nf
    backprop train
    backprop train flowers.csv \\-\\-target species \\-\\-output flowers.safetensors
    backprop predict flowers.safetensors new.csv
    backprop export flowers.safetensors \\-\\-c flowers
    .fi

    """
    // No line that is empty, which asks for vertical space in other words than the macros'.
    .split(separator: "\n").joined(separator: "\n") + "\n"
}

private func section(_ command: Command) -> String {
    var lines = [macro("SH", "backprop \(command.name)"), roff(command.summary)]
    if !command.details.isEmpty {
        lines +=
            [".PP", ".nf"]
            + command.details.split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.isEmpty ? ".sp" : roff(String($0))
            } + [".fi"]
    }
    var group = ""
    for option in command.options {
        if option.group != group {
            group = option.group
            lines.append(macro("SS", group))
        }
        lines += [
            ".TP", macro("B", "--\(option.name)" + (option.placeholder.map { " \($0)" } ?? "")), roff(option.help),
        ]
    }
    return lines.joined(separator: "\n")
}

private func macro(_ name: String, _ text: String) -> String {
    ".\(name) \"\(roff(text, inMacro: true))\""
}

/// A line of text: nothing in it is taken for a request or an escape, and all of it is ASCII.
private func roff(_ text: String, inMacro: Bool = false) -> String {
    let escaped = text.unicodeScalars.reduce(into: "") { line, scalar in
        switch scalar {
        case "\\": line += "\\e"
        case "-": line += "\\-"
        case "'": line += "\\(aq"
        case "\"": line += inMacro ? "\\(dq" : "\""
        case " "..."~": line.unicodeScalars.append(scalar)
        default:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            line += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "]"
        }
    }
    return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
}
