// Any text of a RUN is read or given up on, and what is read does not depend on what surrounds it.
// Each rule that looks at it ends.
#include "dockerfile/lint/shell.h"
#include "dockerfile/lint/stage_rules.h"
#include "fuzz_check.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace slipway;
using namespace slipway::dockerfile;
using namespace slipway::dockerfile::lint;

namespace {

constexpr std::size_t kLongText = 500'000;  ///< of which the reader may read less

std::optional<std::string> look_up(std::string_view name) {
    if (name == "v") return "value";
    if (name == "w") return "two words";
    if (name == "HOME") return "/root";
    return std::nullopt;
}

void check_command(const ShellCommand& command) {
    FUZZ_CHECK(!command.words.empty() || !command.assignments.empty(), "a command without words");
    const auto words = without_wrappers(command);
    FUZZ_CHECK(words.size() <= command.words.size() &&
                   words.data() + words.size() == command.words.data() + command.words.size(),
               "what the wrapper runs is not the end of its words");
    FUZZ_CHECK(program_name(words).find('/') == std::string::npos, "a program with a folder");
}

std::vector<std::vector<std::string>> words_of(const Script& script) {
    std::vector<std::vector<std::string>> all;
    for (const auto& command : script.commands) {
        auto& words = all.emplace_back();
        for (const auto& [name, value] : command.assignments)
            words.insert(words.end(), {name, value.text});
        for (const auto& word : command.words) words.push_back(word.text);
    }
    return all;
}

/// "( text )" has the commands of the text. Not so with heredocs, which may run to its end, and a
/// last backslash, which joins the next line.
void check_in_group(const Script& script, const std::string& text) {
    if (text.find("<<") != std::string::npos || text.ends_with('\\')) return;
    if (text.size() > kLongText) return;
    const auto group = read_script("( " + text + "\n)", look_up);
    FUZZ_CHECK(group.has_value(), "in a group it is not understood");
    FUZZ_CHECK(words_of(*group) == words_of(script), "in a group its commands are others");
    FUZZ_CHECK(group->assigned == script.assigned, "in a group it sets other variables");
}

void check_rules(const std::string& text) {
    Run run;
    run.command.shell = text;
    Instruction instruction;
    instruction.keyword = "RUN";
    instruction.body = std::move(run);
    StageRules rules;
    Linter linter{Options{}};
    for (int i = 0; i < 2; ++i) {  // the second meets what the first left
        rules.check({.instruction = instruction,
                     .variables = look_up,
                     .working_dir = "/work",
                     .user = "",
                     .shell = {}},
                    {}, linter);
    }
    for (const auto& finding : linter.findings())
        FUZZ_CHECK(!finding.message.empty(), "a finding without a message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    check_rules(text);
    const auto script = read_script(text, look_up);
    if (!script) return 0;
    for (const auto& command : script->commands) check_command(command);
    for (const auto& read : script->reads)
        FUZZ_CHECK(!read.name.empty(), "a variable without a name");
    check_in_group(*script, text);
    return 0;
}
