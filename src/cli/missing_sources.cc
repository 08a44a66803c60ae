#include "cli/missing_sources.h"

#include <algorithm>
#include <set>

namespace slipway::cli {

namespace {

/// "ucx" of a step of the stage src_ucx or fetched_ucx; "" of others.
std::string component_of(std::string_view step) {
    for (const std::string_view lead : {"[src_", "[fetched_"}) {
        if (step.starts_with(lead))
            return std::string(step.substr(lead.size(), step.find(' ') - lead.size()));
    }
    return "";
}

std::string hint_for(const std::vector<solver::FailedSource>& failed) {
    std::set<std::string> components;
    for (const auto& source : failed) components.insert(component_of(source.name));
    components.erase("");
    if (components.empty()) return "";
    std::string text;
    for (const std::string& name : components) text += " --source " + name + "=DIR";
    return "from elsewhere:" + text + " (or a URL, an image, apt:PACKAGE)";
}

}  // namespace

Result<frontend::ResolvedImage> TolerantResolver::resolve(const std::string& ref,
                                                          const image::Platform& platform,
                                                          frontend::ResolveMode mode) {
    auto image = images_.resolve(ref, platform, mode);
    if (image) return image;
    if (image.error().code() == ErrorCode::kCancelled) return image;
    frontend::ResolvedImage empty{.identifier = fmt::format("docker-image://{}@{}", ref, Digest()),
                                  .config = {}};
    empty.config.platform = platform;
    empty.config.diff_ids = {Digest()};  // what has no layers would not be asked for
    // That it is not there is no mistake in the Dockerfile.
    auto error = std::move(image).error();
    const bool absent = error.code() == ErrorCode::kNotFound;
    missing_.emplace(empty.identifier, absent ? std::move(error).with_code(ErrorCode::kUnavailable)
                                              : std::move(error));
    return empty;
}

Error describe_missing(const std::vector<solver::FailedSource>& failed) {
    const std::string hint = hint_for(failed);
    const auto with_hint = [&](Error error) -> Error {
        return hint.empty() ? error : std::move(error).hint(hint);
    };
    if (failed.size() == 1) {
        Error error = failed.front().error;
        return with_hint(std::move(error).context(failed.front().name));
    }
    std::string text = fmt::format("{} sources cannot be had, so nothing was run:", failed.size());
    ErrorCode code = failed.front().error.code();
    for (const auto& source : failed) {
        text += "\n  " + source.name + "\n      " + source.error.to_string();
        if (source.error.code() == ErrorCode::kUnavailable) code = ErrorCode::kUnavailable;
    }
    return with_hint(Error(code, text));
}

}  // namespace slipway::cli
