// "# syntax=": which frontend reads the file.
#include "base/text.h"
#include "dockerfile/ast.h"
#include "frontend/dockerfile_frontend.h"
#include "image/reference.h"

namespace slipway::frontend {
namespace {

/// "docker/dockerfile:1.7-labs", and what BuildKit calls its own.
bool is_ours(std::string_view syntax) {
    const std::string_view name = syntax.substr(0, syntax.find(' '));
    if (name == "dockerfile.v0") return true;
    const auto reference = image::ImageRef::parse(name);
    return reference && (reference->name() == "docker.io/docker/dockerfile" ||
                         reference->name() == "docker.io/docker/dockerfile-upstream");
}

}  // namespace

Result<void> check_syntax(std::string_view text, const std::string& file_name,
                          const std::map<std::string, std::string>& build_args) {
    static constexpr std::string_view kHint =
        "Slipway reads the language of docker/dockerfile by itself; if this is a copy of it, say "
        "--build-arg BUILDKIT_SYNTAX=docker/dockerfile";
    if (const auto given = build_args.find("BUILDKIT_SYNTAX"); given != build_args.end()) {
        if (is_ours(trim(given->second))) return {};
        return make_error(ErrorCode::kUnsupported,
                          "BUILDKIT_SYNTAX={}: other frontends cannot be used", given->second)
            .hint(std::string(kHint));
    }
    const auto syntax = dockerfile::find_directive(text, "syntax");
    if (!syntax || is_ours(syntax->value)) return {};
    return make_error(ErrorCode::kUnsupported, "syntax={}: other frontends cannot be used",
                      syntax->value)
        .hint(std::string(kHint))
        .at({file_name, syntax->line, syntax->line});
}

}  // namespace slipway::frontend
