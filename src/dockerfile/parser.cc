#include "base/text.h"
#include "dockerfile/ast.h"
#include "dockerfile/internal/instructions.h"
#include "dockerfile/internal/statements.h"

#include <algorithm>
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
    internal::StatementReader reader(file.text, file.file_name, '\\', internal::Directives::kRead);
    while (true) {
        SLIPWAY_ASSIGN(auto statement, reader.next());
        for (auto& warning : reader.take_warnings()) file.warnings.push_back(std::move(warning));
        if (!statement) break;
        const Lines lines = statement->lines;
        auto instruction =
            internal::read_instruction(*std::move(statement), reader.escape(), file.warnings);
        if (!instruction) return at(std::move(instruction).error(), file.file_name, lines);
        if (auto placed = place(file, *std::move(instruction)); !placed) {
            return at(std::move(placed).error(), file.file_name, lines);
        }
    }
    if (file.stages.empty()) {
        const std::string_view what =
            file.meta_args.empty() ? "the file has no instructions" : "the file has no FROM";
        return at(Error(ErrorCode::kInvalidInput, std::string(what))
                      .hint("FROM scratch begins an image from nothing"),
                  file.file_name, {std::max(reader.line(), 1), std::max(reader.line(), 1)});
    }
    file.escape = reader.escape();
    file.syntax = internal::find_directive(file.text, "syntax");
    file.check = internal::find_directive(file.text, "check");
    return file;
}

Result<Instruction> parse_instruction(std::string_view text, const std::string& file_name,
                                      Lines lines, char escape) {
    internal::StatementReader reader(text, file_name, escape, internal::Directives::kIgnore);
    const auto in_file = [&](Error error) {
        // The reader counts the lines of the trigger, which are not those of the file.
        Error moved(error.code(), error.message());
        if (error.hint()) moved = std::move(moved).hint(*error.hint());
        return lines.first == 0 ? std::move(moved) : at(std::move(moved), file_name, lines);
    };
    auto statement = reader.next();
    if (!statement) return in_file(std::move(statement).error());
    if (!*statement) return in_file({ErrorCode::kInvalidInput, "there is no instruction"});
    auto more = reader.next();
    if (!more) return in_file(std::move(more).error());
    if (*more) return in_file({ErrorCode::kInvalidInput, "there is more than one instruction"});
    std::vector<ParseWarning> warnings;
    auto instruction = internal::read_instruction(**std::move(statement), escape, warnings);
    if (!instruction) return in_file(std::move(instruction).error());
    instruction->lines = lines;
    return instruction;
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
