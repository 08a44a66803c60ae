// Reads the text of a RUN as far as lint rules need it: which programs run with which words, and
// which variables are read and set. What it cannot follow it says so, instead of guessing.
#pragma once

#include "dockerfile/ast.h"
#include "dockerfile/words.h"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::lint {

/// Stands in a word for what only the shell knows: $(nproc), the value of an unknown variable.
inline constexpr char kUnknown = '\x01';

struct ShellWord {
    std::string text;   ///< without quotes; variables with a known value filled in
    std::string raw;    ///< as written
    bool glob = false;  ///< has `*`, `?`, `[` or `{` outside quotes

    [[nodiscard]] bool is_known() const { return !glob && text.find(kUnknown) == text.npos; }
};

struct Assignment {
    std::string name;
    ShellWord value;
};

/// One program and its words, wherever it stands: after `&&`, in a loop, in `$( )`.
struct ShellCommand {
    std::vector<Assignment> assignments;  ///< those in front of the program
    std::vector<ShellWord> words;         ///< the program first; empty for a mere assignment
    bool into_pipe = false;               ///< its output goes to the next command
    bool into_file = false;               ///< ... to a file, by `>` or `>>`
    bool substituted = false;             ///< stands in $( ) or ` `
};

/// A variable that is read.
struct VariableRead {
    std::string name;
    std::string op;            ///< "" for $v and ${v}, else "-", ":-", "+", ":+", "#", ...
    bool uses_itself = false;  ///< as in ${v:+--jobs=$v}
};

struct Script {
    std::vector<ShellCommand> commands;  ///< in the order of the text
    std::vector<VariableRead> reads;
    std::set<std::string, std::less<>> assigned;
    bool sources_others = false;  ///< eval, source, `.`: more variables may be set than one sees
};

/// Nothing when the text is no shell text, or more than this reader follows (unbalanced quotes,
/// very deep nesting).
std::optional<Script> read_script(std::string_view text, const Lookup& lookup);

/// The script of a RUN: shell form for `shell` (the words of SHELL; empty is the default), a
/// heredoc for a shell, or `["sh", "-c", "..."]`. Nothing when another program gets the text.
std::optional<Script> read_script(const Run& run, std::span<const std::string> shell,
                                  const Lookup& lookup);

/// "make" of ["sudo", "-E", "/usr/bin/make", "-j"]: the words from the program on, wrappers such as
/// sudo, env and nice left out. Empty when the program is not known.
std::span<const ShellWord> without_wrappers(const ShellCommand& command);
/// The last component of the program's path; "" when it is not known.
std::string program_name(std::span<const ShellWord> words);

}  // namespace slipway::dockerfile::lint
