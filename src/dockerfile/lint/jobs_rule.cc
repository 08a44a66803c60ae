// make -j without a number.
#include "base/text.h"
#include "dockerfile/lint/commands.h"
#include "dockerfile/lint/stage_rules.h"

#include <fmt/format.h>

#include <cctype>

namespace slipway::dockerfile::lint {

namespace {

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
}

/// "-j", "-kj", "--jobs": the number would be the next word.
bool asks_for_jobs(std::string_view word, bool long_parallel) {
    if (word == "--jobs" || (long_parallel && word == "--parallel")) return true;
    constexpr std::string_view kFlagsWithoutValue = "skBeinqrRStwdbm";
    if (word.size() < 2 || word[0] != '-' || !word.ends_with('j')) return false;
    const std::string_view before = word.substr(1, word.size() - 2);
    return before.find_first_not_of(kFlagsWithoutValue) == std::string_view::npos;
}

bool limits_load(std::string_view word) {
    return word.starts_with("-l") || word.starts_with("--load-average") ||
           word.starts_with("--max-load");
}

bool is_unbounded(std::span<const ShellWord> words, bool long_parallel) {
    bool found = false;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (limits_load(words[i].text)) return false;
        if (!asks_for_jobs(words[i].text, long_parallel)) continue;
        const bool bounded = i + 1 < words.size() && (is_number(words[i + 1].text) ||
                                                      words[i + 1].text.starts_with(kUnknown));
        found = found || !bounded;
    }
    return found;
}

/// The value of MAKEFLAGS.
bool is_unbounded(std::string_view flags) {
    std::vector<ShellWord> words(1);
    for (const auto word : split(flags, ' ')) {
        if (!word.empty()) words.push_back({std::string(word), std::string(word), false});
    }
    return is_unbounded(words, false);
}

/// The value of MAKEFLAGS that a command sets, for itself or by export.
std::optional<std::string> make_flags(const ShellCommand& command) {
    constexpr std::string_view kName = "MAKEFLAGS";
    for (const Assignment& assignment : command.assignments) {
        if (assignment.name == kName) return assignment.value.text;
    }
    if (program_name(command.words) != "export") return std::nullopt;
    for (const ShellWord& word : command.words) {
        const auto cut = split_once(word.text, '=');
        if (cut && cut->first == kName) return std::string(cut->second);
    }
    return std::nullopt;
}

}  // namespace

void check_make_flags(const Moment& moment, const Env& env, Linter& linter) {
    for (const KeyValue& item : env.items) {
        if (item.key != "MAKEFLAGS") continue;
        const auto value = expand_word(item.value, moment.variables, moment.escape);
        if (!value || !is_unbounded(value->text)) continue;
        linter.report(Rule::kUnboundedMakeJobs, moment.instruction.lines,
                      "MAKEFLAGS has -j without a number", moment.instruction.comments);
    }
}

void check_jobs(const Moment& moment, const RunFacts& facts, bool uses_ninja, Linter& linter) {
    for (const ShellCommand& command : facts.script->commands) {
        const auto words = without_wrappers(command);
        const std::string program = program_name(words);
        std::string found;
        if (program == "make" || program == "gmake") {
            if (is_unbounded(words, false)) found = program + " -j";
        } else if (program == "cmake" && has_word(words, "--build") && !uses_ninja) {
            if (is_unbounded(words, true)) found = "cmake --build -j";
        }
        if (const auto flags = make_flags(command); flags && is_unbounded(*flags))
            found = "MAKEFLAGS=-j";
        if (found.empty()) continue;
        linter.report(Rule::kUnboundedMakeJobs, moment.instruction.lines,
                      fmt::format("'{}' without a number has no bound: write -j$(nproc)", found),
                      moment.instruction.comments);
        return;
    }
}

}  // namespace slipway::dockerfile::lint
