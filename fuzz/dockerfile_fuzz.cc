// Any bytes are parsed or refused, and each instruction, written by itself, says the same again.
#include "dockerfile/ast.h"
#include "fuzz_check.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace slipway;
using namespace slipway::dockerfile;

namespace {

constexpr std::size_t kMaxLine = 65535;

std::vector<Heredoc> heredocs_of(const Instruction& instruction) {
    if (const auto* run = std::get_if<Run>(&instruction.body)) return run->heredocs;
    return {};
}

std::string_view without_blanks(std::string_view text) {
    const auto first = text.find_first_not_of("\t\n\v\f\r ");
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

/// By itself such an end continues the line; in the file it stood in front of what was no more.
bool ends_in_continuation(std::string_view text, char escape) {
    const auto last = text.find_last_not_of(" \t");
    if (last == std::string_view::npos || text[last] != escape) return false;
    return last == 0 || text[last - 1] != escape;
}

void check_again(const Instruction& instruction, char escape) {
    // COPY's heredocs stand behind its words and an ONBUILD's inside its trigger, in forms that are
    // not its text.
    const bool has_other_heredocs = !std::holds_alternative<Run>(instruction.body) &&
                                    instruction.original.find("<<") != std::string::npos;
    const auto original = without_blanks(instruction.original);
    if (original.size() > kMaxLine || has_other_heredocs) return;
    if (ends_in_continuation(original, escape)) return;
    // It stood in front of a continuation; at the end of a line it is no text.
    if (original.ends_with('\r')) return;
    const auto heredocs = heredocs_of(instruction);
    const auto again = parse_instruction(with_heredocs(original, heredocs), "Dockerfile",
                                         instruction.lines, escape);
    FUZZ_CHECK(again.has_value(), "an instruction that was accepted is refused by itself");
    FUZZ_CHECK(again->keyword == instruction.keyword, "the keyword changed");
    FUZZ_CHECK(again->flags == instruction.flags, "the flags changed");
    FUZZ_CHECK(again->original == original, "the text changed");
    FUZZ_CHECK(heredocs_of(*again) == heredocs, "the heredocs changed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto file = parse_dockerfile(text, "Dockerfile");
    if (!file) {
        FUZZ_CHECK(file.error().where().has_value(), "an error without a place");
        FUZZ_CHECK(!file.error().message().empty(), "an error without a message");
        return 0;
    }
    FUZZ_CHECK(!file->stages.empty(), "a file without stages was accepted");
    int last_line = 0;
    const auto check = [&](const Instruction& instruction) {
        FUZZ_CHECK(instruction.lines.first > last_line, "instructions overlap");
        FUZZ_CHECK(instruction.lines.last >= instruction.lines.first,
                   "an instruction ends before it begins");
        last_line = instruction.lines.last;
        check_again(instruction, file->escape);
        if (const auto* run = std::get_if<Run>(&instruction.body)) {
            for (const auto& mount : run->mounts) static_cast<void>(parse_mount(mount));
        }
    };
    for (const auto& arg : file->meta_args) check(arg);
    for (const auto& stage : file->stages) {
        check(stage.from);
        for (const auto& instruction : stage.instructions) check(instruction);
    }
    return 0;
}
