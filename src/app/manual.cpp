#include "commands.hpp"

#include <blockspin/core/version.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace blockspin::app {

namespace {

std::vector<const CLI::App*> subcommands(const CLI::App& line) {
    return line.get_subcommands([](const CLI::App*) { return true; });
}

/// Text for troff: backslashes, hyphens that are to stay, and dots that would begin a request.
std::string troff(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\\' || c == '-') escaped += '\\';
        if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) escaped += "\\&";
        escaped += c;
    }
    return escaped;
}

/// A paragraph with a hanging title: an option, a positional argument.
std::string described(const CLI::Option& option) {
    const bool takes_value = option.get_items_expected_max() > 0;
    const std::string title =
        option.get_positional()
            ? fmt::format("\\fI{}\\fR", troff(option.get_name()))
            : fmt::format("\\fB{}\\fR{}", troff(option.get_name(false, true)),
                          takes_value ? fmt::format(" \\fI{}\\fR", troff(option.get_type_name())) : "");
    return fmt::format(".TP\n{}\n{}\n", title, troff(option.get_description()));
}

std::string manual_of(const CLI::App& sub) {
    std::string text = fmt::format(".SS {}\n{}\n", troff(sub.get_name()), troff(sub.get_description()));
    for (const CLI::Option* option : sub.get_options()) text += described(*option);
    return text;
}

/// The page of the whole command line, in the macros of man(7).
std::string manual(const CLI::App& line) {
    std::string text = fmt::format(".TH BLOCKSPIN 1 \"\" \"blockspin {}\" \"User Commands\"\n"
                                   ".SH NAME\nblockspin \\- renormalization by bound, by measurement and by learning\n"
                                   ".SH SYNOPSIS\n.B blockspin\n\\fICOMMAND\\fR [\\fIARGUMENT\\fR]...\n"
                                   ".SH DESCRIPTION\n{}\n.SH COMMANDS\n",
                                   core::version().number, troff(line.get_description()));
    for (const CLI::App* sub : subcommands(line)) text += manual_of(*sub);
    return text + fmt::format(".SH EXIT STATUS\n{}\n", troff(line.get_footer()));
}

/// The long options of a command, in words.
std::string option_words(const CLI::App& command) {
    std::string words;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames())
            words += fmt::format("{}--{}", words.empty() ? "" : " ", name);
    }
    return words;
}

/// A completion function for bash: commands first, then options and paths.
std::string bash_completion(const CLI::App& line) {
    std::string names, cases;
    for (const CLI::App* sub : subcommands(line)) {
        names += (names.empty() ? "" : " ") + sub->get_name();
        cases += fmt::format("    {}) words='{}' ;;\n", sub->get_name(), option_words(*sub));
    }
    return fmt::format(
        "_blockspin() {{\n"
        "    local words current=${{COMP_WORDS[COMP_CWORD]}}\n"
        "    COMPREPLY=()\n"
        "    case $COMP_CWORD:${{COMP_WORDS[1]}} in\n"
        "    1:*) words='{} {}' ;;\n"
        "    *:*) case ${{COMP_WORDS[1]}} in\n{}    esac ;;\n"
        "    esac\n"
        "    [[ $COMP_CWORD -gt 1 && $current != -* ]] || COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        "}}\n"
        "complete -o default -F _blockspin blockspin",
        names, option_words(line), cases);
}

void add_printed(CLI::App& line, Command& command, const char* name, const char* meaning,
                 std::string (*text)(const CLI::App&)) {
    line.add_subcommand(name, meaning)->callback([&line, &command, text] {
        command = [&line, text] {
            fmt::print("{}\n", text(line));
            return core::ExitCode::done;
        };
    });
}

} // namespace

void add_manual(CLI::App& line, Command& command) {
    add_printed(line, command, "man", "The manual page of these commands, for man(1)", manual);
    add_printed(line, command, "completion", "Completion of these commands for bash: source <(blockspin completion)",
                bash_completion);
}

} // namespace blockspin::app
