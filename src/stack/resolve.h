// What a command line makes of a stack: the variants to build, each with the value of every
// parameter and where it came from. Reads no file and no network.
#pragma once

#include "stack/stack.h"

#include <map>
#include <string>
#include <vector>

namespace slipway::stack {

/// What the user chose; the names are checked by resolve().
struct Selection {
    std::vector<std::string> engines;    ///< names or aliases in any case; empty: the first one
    std::vector<std::string> targets;    ///< empty: those that are default
    std::vector<std::string> platforms;  ///< not empty
    std::string flavour;                 ///< empty: the one that is default
    std::map<std::string, std::string> values;  ///< by the parameter's name
    std::string uid = {};                       ///< of who builds; "" when nobody does
    std::string gid = {};
};

enum class Origin { kGiven, kForced, kConditional, kUser, kDefault };

struct Value {
    std::string text;
    Origin origin = Origin::kDefault;
};

/// One image.
struct Variant {
    std::string engine;
    std::string target;
    std::string platform;
    std::string flavour;
    std::string stage;
    std::map<std::string, Value> values;
    std::map<std::string, std::string> args;  ///< the build arguments

    /// "vllm-runtime", as bake files and progress name it
    [[nodiscard]] std::string name() const { return engine + "-" + target; }
};

/// Every combination of what is selected; an engine that has none of the targets is an error.
/// kUsage: a name that is not known, a value that its parameter cannot have, a rule that is broken,
/// with what to do.
Result<std::vector<Variant>> resolve(const Stack& stack, const Selection& selection);

/// The words of a Dockerfile with the variant's build arguments. kInvalidInput: one that is not
/// there, or what dockerfile::expand_word refuses.
Result<std::string> expand_args(const std::string& text, const Variant& variant);

/// Does it hold for the variant?
bool holds(const Condition& condition, const Variant& variant);

/// "command line", "rule", "condition", "this user", "default"
std::string_view to_string(Origin origin);

}  // namespace slipway::stack
