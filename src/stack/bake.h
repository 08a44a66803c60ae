// A bake file, which `docker buildx bake` reads, for the same images.
#pragma once

#include "stack/resolve.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace slipway::stack {

struct BakeTarget {
    const Variant* variant = nullptr;
    std::vector<std::string> tags;
};

/// JSON, with the group "default" of all targets. `folder`: the absolute path of the folder with
/// the Dockerfile, which is the main context, so that bake may run anywhere. `contexts`: named
/// contexts, as bake takes them.
std::string bake_file(std::span<const BakeTarget> targets, const std::string& folder,
                      const std::map<std::string, std::string>& contexts);

/// The names of the targets: "vllm-runtime", with the architecture behind when there are several
/// platforms.
std::vector<std::string> target_names(std::span<const BakeTarget> targets);

}  // namespace slipway::stack
