// SOURCE_DATE_EPOCH (llb-facts 2.12): a number, or the name of a source whose time it is.
#include "base/text.h"
#include "frontend/internal/add_remote.h"
#include "frontend/internal/build.h"

#include <algorithm>
#include <limits>

namespace slipway::frontend {
namespace {

using Seconds = std::optional<std::int64_t>;

constexpr const char* kName = "SOURCE_DATE_EPOCH";

Error invalid_stage(std::string_view what) {
    return make_error(ErrorCode::kInvalidInput, "a stage that gives {} {}", kName, what);
}

Result<Seconds> time_of(const Build& build, const llb::SourceSpec& source) {
    if (!build.request.source_time) return Seconds();
    return build.request.source_time(source);
}

/// Directories and images have no time.
Result<Seconds> time_of_named_context(const Build& build, const std::string& name) {
    const std::string& what = build.request.named_contexts.at(name);
    SLIPWAY_ASSIGN(auto remote, RemoteContext::find_named(what));
    if (!remote) return Seconds();
    return time_of(build, remote->source);
}

Result<void> set_args(const Build& build, const dockerfile::Arg& arg, EnvList& env) {
    for (const auto& item : arg.items) {
        const auto given = build.build_args.find(item.name);
        if (given != build.build_args.end()) {
            env.set(item.name, given->second);
        } else if (item.value) {
            SLIPWAY_ASSIGN(const std::string value, build.expand(*item.value, env));
            env.set(item.name, value);
        }
    }
    return {};
}

Result<llb::SourceSpec> source_of_add(const Build& build, const dockerfile::Copy& add,
                                      const EnvList& env) {
    if (!add.heredocs.empty() || add.sources.size() != 1)
        return invalid_stage("must contain exactly one remote ADD source");
    SLIPWAY_ASSIGN(const std::string source, build.expand(add.sources.front(), env));
    SLIPWAY_ASSIGN(const std::string checksum, build.expand(add.checksum, env));
    SLIPWAY_ASSIGN(auto remote, find_remote_source(add, source, checksum));
    if (!remote) return invalid_stage("must ADD from a URL or a git repository");
    return std::move(remote->spec);
}

/// What a stage of nothing but one ADD takes.
Result<llb::SourceSpec> source_of_stage(const Build& build, const dockerfile::Stage& stage) {
    EnvList env = build.global_args;
    env.erase(kName);
    SLIPWAY_ASSIGN(const std::string base,
                   build.expand(std::get<dockerfile::From>(stage.from.body).image, env));
    if (base != "scratch") return invalid_stage("must use FROM scratch");
    std::optional<llb::SourceSpec> source;
    for (const auto& instruction : stage.instructions) {
        const auto* copy = std::get_if<dockerfile::Copy>(&instruction.body);
        if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body)) {
            SLIPWAY_TRY(set_args(build, *arg, env));
        } else if (copy == nullptr || !copy->is_add) {
            return invalid_stage("holds nothing but ARG and ADD, no " + instruction.keyword);
        } else if (source) {
            return invalid_stage("must contain exactly one remote ADD");
        } else {
            SLIPWAY_ASSIGN(source, source_of_add(build, *copy, env));
        }
    }
    if (!source) return invalid_stage("must contain exactly one remote ADD");
    return *std::move(source);
}

Result<Seconds> find_epoch(const Build& build, const std::string& value) {
    constexpr std::int64_t kFarthest = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
    const auto seconds = parse_int(value);
    if (seconds && *seconds >= -kFarthest && *seconds <= kFarthest) return seconds;
    if (value.empty()) return Seconds();
    if (value == "context") {
        if (!build.request.remote_context) return Seconds();
        return time_of(build, build.request.remote_context->source);
    }
    if (const auto name = find_named_context(build, value, build.request.platform))
        return time_of_named_context(build, *name);
    for (const auto& stage : build.file.stages) {
        if (stage.name.empty() || !equals_ignoring_case(stage.name, value)) continue;
        auto source = source_of_stage(build, stage);
        if (!source) return std::move(source).error().at(build.range(stage.from.lines));
        return time_of(build, *source);
    }
    return make_error(ErrorCode::kInvalidInput,
                      "{}={}: must be a number of seconds since 1970, 'context', or the name of a "
                      "context or stage",
                      kName, value);
}

}  // namespace

Result<void> set_epoch(Build& build) {
    const auto given = build.build_args.find(kName);
    const auto global = build.global_args.find(kName);
    if (given == build.build_args.end() && global.value_or("").empty()) return {};
    SLIPWAY_ASSIGN(
        build.epoch,
        find_epoch(build, given != build.build_args.end() ? given->second : global.value_or("")));
    const std::string number = build.epoch ? std::to_string(*build.epoch) : "";
    if (given != build.build_args.end()) {
        given->second = number;
        if (number.empty()) build.build_args.erase(given);
    }
    if (global) {
        build.global_args.erase(kName);
        if (!number.empty()) build.global_args.set(kName, number);
    }
    return {};
}

}  // namespace slipway::frontend
