// Credentials for registries from docker's config.json: auths, credsStore and credHelpers.
#pragma once

#include "base/result.h"

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace slipway::registry {

/// Either user and password, or one of the two tokens.
struct Credential {
    std::string user;
    std::string password;
    std::string identity_token;  ///< an OAuth2 refresh token
    std::string registry_token;  ///< sent to the registry as it is
};

/// Any thread. Asks the file and the helpers once per registry. All secrets it finds are kept out
/// of the log.
class Credentials {
  public:
    /// `config_dir` "": $DOCKER_CONFIG, else ~/.docker.
    explicit Credentials(std::string config_dir);

    /// For a registry as in ImageRef ("docker.io", "localhost:5000"); nothing when there are none.
    /// kInvalidInput for a config.json that is broken, kDenied when a helper fails.
    Result<std::optional<Credential>> find(const std::string& registry, std::stop_token stop);

  private:
    Result<std::optional<Credential>> look_up(const std::string& registry,
                                              std::stop_token stop) const;

    const std::string config_dir_;
    std::mutex mutex_;
    std::map<std::string, std::optional<Credential>> known_;
};

}  // namespace slipway::registry
