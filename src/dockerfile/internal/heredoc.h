// Heredoc marks ("3<<-EOF") in the words of an instruction.
#pragma once

#include "base/result.h"
#include "dockerfile/ast.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::internal {

/// The heredoc that one word stands for, without its body; nothing when it is no heredoc mark.
/// kInvalidInput for an unterminated quote in its name.
Result<std::optional<Heredoc>> parse_heredoc_word(std::string_view word);

/// All marks of a line, in order. A line whose quotes do not match has none: it is the shell's to
/// refuse.
Result<std::vector<Heredoc>> find_heredocs(std::string_view line);

std::string strip_leading_tabs(std::string_view text);

}  // namespace slipway::dockerfile::internal
