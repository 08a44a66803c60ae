// From lines to statements: parser directives, comments, continuation lines, heredoc bodies.
#pragma once

#include "base/result.h"
#include "dockerfile/ast.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::dockerfile::internal {

struct Statement {
    std::string text;  ///< continuations joined, without heredoc bodies
    Lines lines;
    std::vector<std::string> comments;
    std::vector<Heredoc> heredocs;
};

enum class Directives { kRead, kIgnore };

/// Reads one file or trigger; `text` must outlive it. Errors carry the lines, as a range of
/// `file_name`.
class StatementReader {
  public:
    StatementReader(std::string_view text, char escape, Directives directives);

    /// The next statement, or nothing at the end of the file.
    Result<std::optional<Statement>> next();

    [[nodiscard]] char escape() const { return escape_; }
    /// From the first line of the last statement to the line that was read last.
    [[nodiscard]] Lines error_lines() const {
        return {std::max(first_line_, 1), std::max(line_, 1)};
    }
    /// What the lines gave reason to warn about so far; taken once.
    std::vector<ParseWarning> take_warnings() { return std::exchange(warnings_, {}); }

  private:
    struct Piece {
        std::string_view text;
        bool continues = false;
    };

    Result<std::optional<std::string_view>> next_line();
    Result<bool> read_directive(std::string_view line);
    [[nodiscard]] Piece cut_continuation(std::string_view line) const;
    Result<void> read_continuations(Statement& statement);
    Result<void> read_heredocs(Statement& statement);

    std::string_view rest_;
    char escape_;
    bool directives_;  ///< may the next line still be one?
    bool escape_seen_ = false;
    bool syntax_seen_ = false;
    bool check_seen_ = false;
    int first_line_ = 0;
    int line_ = 0;
    std::vector<std::string> comments_;
    std::vector<ParseWarning> warnings_;
};

/// "# name = value", cut. Nothing when the line is no such comment.
struct NamedValue {
    std::string name;  ///< lower case
    std::string value;
};
std::optional<NamedValue> parse_directive(std::string_view line);

}  // namespace slipway::dockerfile::internal
