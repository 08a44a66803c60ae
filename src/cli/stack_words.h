// What a stack adds to the words of a command line: help, completion, and flags that stand for
// others. Where no stack is found it adds nothing.
#pragma once

#include "cli/completion.h"
#include "stack/stack.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace slipway::cli {

/// `words`: a whole command line. Each [[flag]] of the stack that it is about, replaced by what it
/// means. Errors as of stack::replace_flags.
Result<std::vector<std::string>> replace_stack_flags(const std::vector<std::string>& words);

/// The parameters and flags of the stack `name` ("": the default one), for --help.
std::string stack_help(const std::string& name);

/// The same, and its engines, for completion.
ExtraWords stack_words(std::span<const std::string> words);

}  // namespace slipway::cli
