// What flows where: the stages that a variant is made of, and what each takes from the others.
#pragma once

#include "dockerfile/ast.h"
#include "stack/resolve.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::stack {

struct Taken {
    enum class Kind { kStage, kImage, kContext, kUrl };
    Kind kind = Kind::kStage;
    std::string from;  ///< the stage, image or named context; of a URL, itself
    std::string what;  ///< "everything" of FROM, paths of COPY, "mounted: /path" of RUN
};

struct StageFlow {
    std::string stage;
    std::vector<Taken> takes;
    bool only_named = false;  ///< no instruction: another name of what it is FROM, or empty
};

/// The stages that variant.stage needs, in the order of the file. `contexts`: the names of named
/// contexts, which stand above stages. kInvalidInput: no stage of that name, or words that do not
/// expand.
Result<std::vector<StageFlow>> flows(const dockerfile::Dockerfile& file, const Variant& variant,
                                     const std::vector<std::string>& contexts);

/// The same as a picture, for Graphviz; several variants in one. Stages that only name another, or
/// are empty, are left out, and so is what comes from the context `hidden`.
std::string to_dot(const std::vector<std::vector<StageFlow>>& flows, std::string_view hidden = "");

}  // namespace slipway::stack
