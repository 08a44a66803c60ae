// The reference's rules that look at the text of the file alone.
#include "base/text.h"
#include "dockerfile/internal/split.h"
#include "dockerfile/lint/linter.h"

#include <fmt/format.h>

#include <algorithm>

namespace slipway::dockerfile::lint {

namespace {

bool is_lower(std::string_view text) {
    return text == to_lower(text);
}
bool is_upper(std::string_view text) {
    return text == to_upper(text);
}

std::string_view first_word(std::string_view text) {
    const auto cut = internal::split_at_blanks(trim(text));
    return cut ? cut->first : trim(text);
}

Rule rule_of(ParseWarning::Kind kind) {
    switch (kind) {
        case ParseWarning::Kind::kEmptyContinuation:
            return Rule::kNoEmptyContinuation;
        case ParseWarning::Kind::kMalformedJson:
            return Rule::kMalformedJSONForm;
        case ParseWarning::Kind::kIgnoredFlag:
            break;
    }
    return Rule::kIgnoredFlag;
}

void check_parser_warnings(const Dockerfile& file, ParseWarning::Kind kind, Linter& linter) {
    for (const ParseWarning& warning : file.warnings) {
        if (warning.kind == kind) linter.report(rule_of(kind), warning.lines, warning.text);
    }
}

/// A comment right above that does not begin with one of `names`.
void check_description(const Instruction& instruction, std::span<const std::string> names,
                       Linter& linter) {
    if (instruction.comments.empty() || names.empty()) return;
    const std::string_view comment = instruction.comments.back();
    const std::string_view begin = comment.substr(0, comment.find(' '));
    if (std::ranges::find(names, begin) != names.end()) return;
    linter.report(Rule::kInvalidDefinitionDescription, instruction.lines,
                  fmt::format("the comment above {} should have the form '# {} <description>'",
                              instruction.keyword, names.size() == 1 ? names[0] : "<arg_key>"),
                  instruction.comments);
}

void check_arg(const Instruction& instruction, const Arg& arg, Linter& linter) {
    std::vector<std::string> names;
    for (const Arg::Item& item : arg.items) names.push_back(item.name);
    check_description(instruction, names, linter);
}

void check_from(const Stage& stage, Linter& linter) {
    const Instruction& instruction = stage.from;
    const auto& from = std::get<From>(instruction.body);
    if (from.stage_name.empty()) return;
    if (!is_lower(from.stage_name)) {
        linter.report(Rule::kStageNameCasing, instruction.lines,
                      fmt::format("stage name '{}' should be lowercase", from.stage_name),
                      instruction.comments);
    }
    const auto words = internal::split_blanks(trim(instruction.original));
    const std::string_view keyword = words.front();
    const std::string_view as = words[words.size() - 2];
    // A keyword in mixed case is another rule's business.
    if (is_lower(keyword) ? !is_lower(as) : is_upper(keyword) && !is_upper(as)) {
        linter.report(Rule::kFromAsCasing, instruction.lines,
                      fmt::format("'{}' and '{}' are not written in the same case", as, keyword),
                      instruction.comments);
    }
    check_description(instruction, std::span(&stage.name, 1), linter);
}

void check_instruction(const Instruction& instruction, Linter& linter) {
    if (const auto* arg = std::get_if<Arg>(&instruction.body)) check_arg(instruction, *arg, linter);
    if (std::holds_alternative<Maintainer>(instruction.body)) {
        linter.report(Rule::kMaintainerDeprecated, instruction.lines,
                      "MAINTAINER is deprecated: use a label, such as "
                      "org.opencontainers.image.authors",
                      instruction.comments);
    }
}

void check_stage_names(const Dockerfile& file, Linter& linter) {
    std::set<std::string_view> seen;
    for (const Stage& stage : file.stages) {
        if (stage.name.empty()) continue;
        if (stage.name == "context" || stage.name == "scratch") {
            linter.report(
                Rule::kReservedStageName, stage.from.lines,
                fmt::format("the name '{}' is reserved, no stage should have it", stage.name));
        }
        if (!seen.insert(stage.name).second) {
            linter.report(Rule::kDuplicateStageName, stage.from.lines,
                          fmt::format("there is a stage '{}' already, names of stages should be "
                                      "unique",
                                      stage.name));
        }
    }
}

void check_keyword_casing(const Dockerfile& file, Linter& linter) {
    std::vector<std::pair<std::string_view, Lines>> keywords;
    for (const Stage& stage : file.stages) {
        keywords.emplace_back(first_word(stage.from.original), stage.from.lines);
        for (const Instruction& instruction : stage.instructions)
            keywords.emplace_back(first_word(instruction.original), instruction.lines);
    }
    const auto lower =
        std::ranges::count_if(keywords, [](const auto& k) { return is_lower(k.first); });
    const auto upper =
        std::ranges::count_if(keywords, [](const auto& k) { return is_upper(k.first); });
    const bool want_lower = lower > upper;
    for (const auto& [keyword, lines] : keywords) {
        if (want_lower ? is_lower(keyword) : is_upper(keyword)) continue;
        linter.report(Rule::kConsistentInstructionCasing, lines,
                      fmt::format("'{}' should be {}, as most instructions of the file are",
                                  keyword, want_lower ? "lowercase" : "uppercase"));
    }
}

}  // namespace

void check_file(const Dockerfile& file, Linter& linter) {
    check_parser_warnings(file, ParseWarning::Kind::kEmptyContinuation, linter);
    for (const Instruction& instruction : file.meta_args) check_instruction(instruction, linter);
    for (const Stage& stage : file.stages) {
        check_from(stage, linter);
        for (const Instruction& instruction : stage.instructions)
            check_instruction(instruction, linter);
    }
    check_stage_names(file, linter);
    check_keyword_casing(file, linter);
    check_parser_warnings(file, ParseWarning::Kind::kMalformedJson, linter);
    check_parser_warnings(file, ParseWarning::Kind::kIgnoredFlag, linter);
}

}  // namespace slipway::dockerfile::lint
