// A Dockerfile and what the user asked for, lowered to a build graph and an image configuration
// (llb-facts section 2). Reads nothing by itself: base images are asked for through ImageResolver.
#pragma once

#include "dockerfile/ast.h"
#include "dockerfile/lint/linter.h"
#include "frontend/remote_context.h"
#include "image/config.h"
#include "image/platform.h"
#include "image/reference.h"
#include "llb/graph.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::frontend {

/// What a name in FROM, COPY --from or a named context turned out to be.
struct ResolvedImage {
    /// For the graph's source op: "docker-image://docker.io/library/debian:bookworm@sha256:…" or
    /// "oci-layout://<store>/<name>@sha256:…".
    std::string identifier;
    image::ImageConfig config;
};

enum class ResolveMode { kDefault, kPull, kLocal };

/// Implemented by `source`. Called from one thread.
class ImageResolver {
  public:
    virtual ~ImageResolver() = default;
    /// `ref` is "debian:bookworm", or "oci-layout://DIR[:tag][@digest]" from a named context.
    virtual Result<ResolvedImage> resolve(const std::string& ref, const image::Platform& platform,
                                          ResolveMode mode) = 0;
};

/// Of one kind ("nofile", ...), for each process of a RUN; -1: none.
struct ResourceLimit {
    std::string name;
    std::int64_t soft = 0;
    std::int64_t hard = 0;
};

struct Request {
    std::string target;  ///< "" is the last stage
    std::map<std::string, std::string> build_args;
    std::map<std::string, std::string> labels;
    /// NAME -> "local:NAME" (a directory the engine knows under NAME), "docker-image://ref",
    /// "oci-layout://...", a git repository, an http URL
    std::map<std::string, std::string> named_contexts;
    image::Platform platform;        ///< to build for
    image::Platform build_platform;  ///< of the machine that runs the steps
    /// The user named `platform`: the image is marked with it, whatever it was built from.
    bool platform_given = false;
    bool no_cache = false;
    std::vector<std::string> no_cache_stages;  ///< --no-cache-filter
    ResolveMode resolve_mode = ResolveMode::kDefault;
    std::string network;  ///< "", host, none
    std::vector<std::pair<std::string, std::string>>
        extra_hosts;            ///< of RUN steps: (name, address)
    std::int64_t shm_size = 0;  ///< of their /dev/shm; 0: as usual
    std::vector<ResourceLimit> limits;
    std::vector<std::string> ignore_patterns;  ///< of the main context
    /// The same of named local contexts, by the NAME of "local:NAME".
    std::map<std::string, std::vector<std::string>> named_ignore_patterns;
    std::map<std::string, std::string>
        proxy_args;  ///< http_proxy and relatives, into Meta.proxy_env only
    /// Stands for the directory "context".
    std::optional<RemoteContext> remote_context;
    /// When what a source holds was last changed, in Unix seconds: for SOURCE_DATE_EPOCH=context
    /// and the like. May be null: nothing is known then.
    std::function<Result<std::optional<std::int64_t>>(const llb::SourceSpec&)> source_time;
    /// Is there a main context at all? (false for a Dockerfile from stdin without one)
    bool has_context = true;
};

struct Lowered {
    pb::Definition definition;  ///< empty for scratch
    image::ImageConfig config;  ///< history complete; diff_ids only of ... the exporter sets them
    std::optional<image::ImageConfig> base_config;  ///< of the image the target starts from
    std::optional<std::int64_t> source_date_epoch;
    std::vector<dockerfile::lint::Finding> findings;
    /// The file asks for `error=true` and there are warnings: the build should not go on.
    std::optional<Error> lint_error;
    std::string target_stage;  ///< display name
};

/// What the lint rules say of a file, and what is wrong with it besides.
struct Checked {
    std::vector<dockerfile::lint::Finding> findings;
    std::optional<Error> error;
};

/// kUnsupported (with the line) when "# syntax=", or BUILDKIT_SYNTAX among the build arguments,
/// names another frontend than docker/dockerfile, in whatever version. Looks at the text alone: it
/// may be no Dockerfile at all.
Result<void> check_syntax(std::string_view text, const std::string& file_name,
                          const std::map<std::string, std::string>& build_args);

/// kInvalidInput with the lines for what is wrong, kUnsupported (naming instruction, file, line)
/// for what is right but not lowered yet, kNotFound for a stage or target with the nearest as hint.
Result<Lowered> lower(const dockerfile::Dockerfile& file, const Request& request,
                      ImageResolver& images);

/// The parameters of a build: what the target and all that it needs can be given.
struct Outline {
    struct Arg {
        std::string name;
        std::string value;  ///< as it is for this request
        std::string description;
        dockerfile::Lines lines;
    };
    struct Asked {
        std::string name;
        bool required = false;
        dockerfile::Lines lines;
    };
    std::string name;  ///< of the target; "" when not named
    std::string description;
    std::vector<Arg> args;  ///< by line, then by name, as the others
    std::vector<Asked> secrets;
    std::vector<Asked> agents;  ///< of --mount=type=ssh
};

/// Errors as lower().
Result<Outline> outline(const dockerfile::Dockerfile& file, const Request& request,
                        ImageResolver& images);

/// Without a target, all stages are looked at. Asks for the configs of base images, as lower().
Checked check(const dockerfile::Dockerfile& file, const Request& request, ImageResolver& images);

}  // namespace slipway::frontend
