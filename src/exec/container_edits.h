// What is added to a container besides what every step gets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::exec {

struct ContainerEdits {
    struct Node {
        std::string path;       ///< in the container
        std::string host_path;  ///< of the device
        std::string permissions = "rwm";
        std::optional<std::uint32_t> mode = {};
        std::optional<std::uint32_t> uid = {};
        std::optional<std::uint32_t> gid = {};
    };
    struct Mount {
        std::string host_path;
        std::string target;
        std::string type = "bind";
        std::vector<std::string> options;
    };
    struct Hook {
        std::string when;  ///< createRuntime, createContainer, …: as the OCI runtime spec names it
        std::string path;
        std::vector<std::string> args;
        std::vector<std::string> env;
        std::optional<std::int64_t> timeout = {};
    };
    std::vector<std::string> env = {};  ///< "K=V"
    std::vector<Node> nodes = {};
    std::vector<Mount> mounts = {};
    std::vector<Hook> hooks = {};
    std::vector<std::uint32_t> groups = {};

    void add(const ContainerEdits& more) {
        env.insert(env.end(), more.env.begin(), more.env.end());
        nodes.insert(nodes.end(), more.nodes.begin(), more.nodes.end());
        mounts.insert(mounts.end(), more.mounts.begin(), more.mounts.end());
        hooks.insert(hooks.end(), more.hooks.begin(), more.hooks.end());
        groups.insert(groups.end(), more.groups.begin(), more.groups.end());
    }
};

}  // namespace slipway::exec
