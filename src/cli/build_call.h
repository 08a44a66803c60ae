// `slipway build --call=METHOD`: what can be told about a Dockerfile without building it, in the
// shapes that docker buildx prints.
#pragma once

#include "dockerfile/ast.h"
#include "frontend/dockerfile_frontend.h"

#include <string>
#include <string_view>

namespace slipway::cli {

struct Call {
    enum class Method { kBuild, kCheck, kOutline, kTargets };
    enum class Format { kText, kJson };
    Method method = Method::kBuild;
    Format format = Format::kText;
    bool ignore_status = false;  ///< findings do not change the exit code

    /// "check[,format=json][,ignorestatus=true]"; "lint" is another name for "check".
    static Result<Call> parse(std::string_view text);
};

/// The names of all stages, with what the comments above them say.
std::string print_targets(const dockerfile::Dockerfile& file, Call::Format format);

/// The parameters of the target.
std::string print_outline(const frontend::Outline& outline, const dockerfile::Dockerfile& file,
                          Call::Format format);

/// What the lint rules say. In JSON the error is part of it; in text it is the caller's to tell.
std::string print_check(const frontend::Checked& checked, const dockerfile::Dockerfile& file,
                        Call::Format format);

/// 1 when there are warnings (notes do not count), else 0.
int check_status(const frontend::Checked& checked);

}  // namespace slipway::cli
