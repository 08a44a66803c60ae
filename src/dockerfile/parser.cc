#include "base/text.h"
#include "dockerfile/ast.h"
#include "dockerfile/internal/instructions.h"
#include "dockerfile/internal/statements.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace slipway::dockerfile {

namespace {

Error at(Error error, const std::string& file_name, Lines lines) {
    return std::move(error).at({file_name, lines.first, lines.last});
}

/// Puts one instruction where it belongs: a stage of its own, the last stage, or before them all.
Result<void> place(Dockerfile& file, Instruction instruction) {
    if (const auto* from = std::get_if<From>(&instruction.body)) {
        std::string name = to_lower(from->stage_name);
        file.stages.push_back({std::move(instruction), std::move(name), {}});
    } else if (!file.stages.empty()) {
        file.stages.back().instructions.push_back(std::move(instruction));
    } else if (std::holds_alternative<Arg>(instruction.body)) {
        file.meta_args.push_back(std::move(instruction));
    } else {
        return make_error(ErrorCode::kInvalidInput, "{} stands before the first FROM; only ARG may",
                          instruction.keyword);
    }
    return {};
}

}  // namespace

Result<Dockerfile> parse_dockerfile(std::string_view text, std::string file_name) {
    Dockerfile file;
    file.file_name = std::move(file_name);
    file.text = text;
    internal::StatementReader reader(file.text, '\\', internal::Directives::kRead);
    const auto failed = [&](Error error) {
        return at(std::move(error), file.file_name, reader.error_lines());
    };
    while (true) {
        auto statement = reader.next();
        if (!statement) return failed(std::move(statement).error());
        for (auto& warning : reader.take_warnings()) file.warnings.push_back(std::move(warning));
        if (!*statement) break;
        auto instruction =
            internal::read_instruction(**std::move(statement), reader.escape(), file.warnings);
        if (!instruction) return failed(std::move(instruction).error());
        auto placed = place(file, *std::move(instruction));
        if (!placed) return failed(std::move(placed).error());
    }
    if (file.stages.empty()) {
        const std::string_view what =
            file.meta_args.empty() ? "the file has no instructions" : "the file has no FROM";
        return failed(Error(ErrorCode::kInvalidInput, std::string(what))
                          .hint("FROM scratch begins an image from nothing"));
    }
    file.escape = reader.escape();
    if (auto syntax = find_directive(file.text, "syntax")) file.syntax = std::move(syntax->value);
    if (auto check = find_directive(file.text, "check")) file.check = std::move(check->value);
    return file;
}

Result<void> append(Dockerfile& file, Dockerfile more) {
    const int first = static_cast<int>(file.more_files.size()) + 1;
    if (more.escape != file.escape) {
        const auto directive = find_directive(more.text, "escape");
        const int line = directive ? directive->line : 1;
        return make_error(ErrorCode::kInvalidInput,
                          "the escape character '{}' is not that of the files before", more.escape)
            .at({more.file_name, line, line});
    }
    if (!more.meta_args.empty() && !file.stages.empty()) {
        return make_error(ErrorCode::kInvalidInput,
                          "ARG before the first FROM of a file that follows others")
            .at(more.range(more.meta_args.front().lines));
    }
    const auto move_lines = [first](Lines& lines) { lines.file += first; };
    for (auto& instruction : more.meta_args) move_lines(instruction.lines);
    for (auto& stage : more.stages) {
        move_lines(stage.from.lines);
        for (auto& instruction : stage.instructions) move_lines(instruction.lines);
    }
    for (auto& warning : more.warnings) move_lines(warning.lines);

    file.more_files.push_back({std::move(more.file_name), std::move(more.text)});
    std::ranges::move(more.more_files, std::back_inserter(file.more_files));
    std::ranges::move(more.meta_args, std::back_inserter(file.meta_args));
    std::ranges::move(more.stages, std::back_inserter(file.stages));
    std::ranges::move(more.warnings, std::back_inserter(file.warnings));
    return {};
}

Result<Instruction> parse_instruction(std::string_view text, const std::string& file_name,
                                      Lines lines, char escape) {
    internal::StatementReader reader(text, escape, internal::Directives::kIgnore);
    // The reader counts the lines of the trigger, which are not those of the file.
    const auto failed = [&](Error error) {
        return lines.first == 0 ? std::move(error) : at(std::move(error), file_name, lines);
    };
    auto statement = reader.next();
    if (!statement) return failed(std::move(statement).error());
    if (!*statement) return failed({ErrorCode::kInvalidInput, "there is no instruction"});
    const auto more = reader.next();
    if (!more) return failed(more.error());
    if (*more) return failed({ErrorCode::kInvalidInput, "there is more than one instruction"});
    std::vector<ParseWarning> warnings;
    auto instruction = internal::read_instruction(**std::move(statement), escape, warnings);
    if (!instruction) return failed(std::move(instruction).error());
    instruction->lines = lines;
    return instruction;
}

std::string description_of(const Instruction& instruction, std::string_view name) {
    if (name.empty()) return "";
    const std::string begin = std::string(name) + " ";
    for (const std::string& comment : instruction.comments) {
        if (comment.starts_with(begin)) return comment.substr(begin.size());
    }
    return "";
}

std::string with_heredocs(std::string_view text, const std::vector<Heredoc>& heredocs) {
    std::string whole(text);
    for (const auto& heredoc : heredocs) {
        whole += '\n';
        whole += heredoc.raw;
        whole += heredoc.name;
    }
    return whole;
}

}  // namespace slipway::dockerfile
