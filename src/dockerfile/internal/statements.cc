#include "dockerfile/internal/statements.h"

#include "base/text.h"
#include "dockerfile/internal/heredoc.h"
#include "dockerfile/internal/split.h"
#include "dockerfile/internal/utf8.h"

#include <algorithm>
#include <utility>

namespace slipway::dockerfile::internal {

namespace {

constexpr std::size_t kMaxLine = 65535;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = "\t\n\f\r ";

std::string_view without_line_end(std::string_view line) {
    return line.substr(0, line.find_last_not_of("\r\n") + 1);
}

bool is_comment(std::string_view line) {
    return trim_left_space(line).starts_with('#');
}

std::string_view trim_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool is_known_directive(std::string_view name) {
    return name == "escape" || name == "syntax" || name == "check";
}

}  // namespace

std::optional<NamedValue> parse_directive(std::string_view line) {
    if (!line.starts_with('#')) return std::nullopt;
    const auto cut = split_once(trim_left_space(line.substr(1)), '=');
    if (!cut) return std::nullopt;
    NamedValue directive{to_lower(trim_blanks(cut->first)), std::string(trim_blanks(cut->second))};
    if (!is_known_directive(directive.name) || directive.value.empty()) return std::nullopt;
    return directive;
}

StatementReader::StatementReader(std::string_view text, char escape, Directives directives)
    : rest_(text), escape_(escape), directives_(directives == Directives::kRead) {
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

Result<std::optional<std::string_view>> StatementReader::next_line() {
    if (rest_.empty()) return std::nullopt;
    ++line_;
    const auto end = rest_.find('\n');
    const auto line = rest_.substr(0, end == std::string_view::npos ? end : end + 1);
    rest_.remove_prefix(line.size());
    if (std::min(end, line.size()) > kMaxLine) {
        first_line_ = line_;
        return make_error(ErrorCode::kInvalidInput, "the line is longer than {} bytes", kMaxLine);
    }
    if (line.find('\0') != std::string_view::npos) {
        first_line_ = line_;
        return Error(ErrorCode::kInvalidInput, "the line contains a NUL byte")
            .hint("is the file UTF-16? save it as UTF-8");
    }
    return line;
}

/// Is `line` a directive? Directives end at the first line that is none.
Result<bool> StatementReader::read_directive(std::string_view line) {
    if (!directives_) return false;
    const auto directive = parse_directive(line);
    if (!directive) {
        directives_ = false;
        return false;
    }
    bool& seen = directive->name == "escape"   ? escape_seen_
                 : directive->name == "syntax" ? syntax_seen_
                                               : check_seen_;
    if (std::exchange(seen, true)) {
        return make_error(ErrorCode::kInvalidInput,
                          "the parser directive '{}' stands here a second time", directive->name);
    }
    if (directive->name == "escape") {
        if (directive->value != "\\" && directive->value != "`") {
            return make_error(ErrorCode::kInvalidInput,
                              "the escape character '{}' is neither \\ nor `", directive->value);
        }
        escape_ = directive->value[0];
    }
    return true;
}

/// An escape character at the end continues the line, unless another one stands before it.
StatementReader::Piece StatementReader::cut_continuation(std::string_view line) const {
    const auto text = line.substr(0, line.find_last_not_of(" \t") + 1);
    if (!text.ends_with(escape_)) return {line, false};
    if (text.size() > 1 && text[text.size() - 2] == escape_) return {line, false};
    return {text.substr(0, text.size() - 1), true};
}

Result<std::optional<Statement>> StatementReader::next() {
    while (true) {
        SLIPWAY_ASSIGN(const auto read, next_line());
        if (!read) return std::nullopt;
        first_line_ = line_;
        const auto line = trim_left_space(without_line_end(*read));
        SLIPWAY_ASSIGN(const bool directive, read_directive(line));
        if (line.empty() || directive) continue;
        if (line.starts_with('#')) {
            const auto comment = trim_space(line.substr(1));
            if (comment.empty()) {
                comments_.clear();
            } else {
                comments_.emplace_back(comment);
            }
            continue;
        }
        const Piece piece = cut_continuation(line);
        Statement statement;
        statement.text = piece.text;
        statement.lines = {line_, line_};
        statement.comments = std::exchange(comments_, {});
        if (piece.continues) SLIPWAY_TRY(read_continuations(statement));
        if (statement.text.find("<<") != std::string::npos) SLIPWAY_TRY(read_heredocs(statement));
        statement.lines.last = line_;
        return statement;
    }
}

Result<void> StatementReader::read_continuations(Statement& statement) {
    int empty_line = 0;
    for (bool continues = true; continues;) {
        SLIPWAY_ASSIGN(const auto read, next_line());
        if (!read) break;
        const auto line = without_line_end(*read);
        if (is_comment(line)) continue;
        if (trim_left_space(line).empty()) {
            if (empty_line == 0) empty_line = line_;
            continue;
        }
        const Piece piece = cut_continuation(line);
        statement.text += piece.text;
        continues = piece.continues;
    }
    if (empty_line != 0) {
        warnings_.push_back({ParseWarning::Kind::kEmptyContinuation,
                             "empty line inside a continued instruction",
                             {empty_line, empty_line}});
    }
    return {};
}

Result<void> StatementReader::read_heredocs(Statement& statement) {
    if (!can_have_heredocs(statement.text, escape_)) return {};
    SLIPWAY_ASSIGN(statement.heredocs, find_heredocs(statement.text));
    for (auto& heredoc : statement.heredocs) {
        const char* const begin = rest_.data();
        std::size_t size = 0;
        while (true) {
            SLIPWAY_ASSIGN(const auto line, next_line());
            if (!line) {
                return make_error(ErrorCode::kInvalidInput, "the heredoc '{}' has no end",
                                  heredoc.name)
                    .hint("a line with only '" + heredoc.name + "' ends it");
            }
            auto end = without_line_end(*line);
            if (heredoc.strip_tabs)
                end.remove_prefix(std::min(end.find_first_not_of('\t'), end.size()));
            if (end == heredoc.name) break;
            size += line->size();
        }
        heredoc.raw.assign(begin, size);
        heredoc.body = heredoc.strip_tabs ? strip_leading_tabs(heredoc.raw) : heredoc.raw;
    }
    return {};
}

}  // namespace slipway::dockerfile::internal

namespace slipway::dockerfile {

std::optional<Directive> find_directive(std::string_view text, std::string_view name) {
    using namespace internal;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const auto line = without_line_end(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (number == 1 && line.starts_with("#!")) continue;
        auto directive = parse_directive(line);
        if (!directive) return std::nullopt;
        if (directive->name == name) return Directive{std::move(directive->value), number};
    }
    return std::nullopt;
}

}  // namespace slipway::dockerfile
