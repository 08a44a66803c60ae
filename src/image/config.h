// The image configuration (OCI image-spec config.md, with Docker's extra fields). Kept as the JSON
// it came as, so that fields we do not know survive; the accessors below are the ones a build
// changes.
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "image/platform.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::image {

struct HealthCheck {
    std::vector<std::string> test;  ///< {"NONE"}, {"CMD", ...}, {"CMD-SHELL", text}; empty: inherit
    std::int64_t interval_ns = 0;
    std::int64_t timeout_ns = 0;
    std::int64_t start_period_ns = 0;
    std::int64_t start_interval_ns = 0;
    std::int64_t retries = 0;
    bool operator==(const HealthCheck&) const = default;
};

struct HistoryEntry {
    std::optional<std::string> created;  ///< RFC 3339
    std::string created_by;
    std::string comment;
    std::string author;
    bool empty_layer = false;
    bool operator==(const HistoryEntry&) const = default;
};

struct ImageConfig {
    Platform platform;
    std::optional<std::string> created;  ///< RFC 3339
    std::string author;
    std::vector<std::string> env;  ///< "K=V", in order
    std::vector<std::string> entrypoint;
    std::vector<std::string> cmd;
    std::string user;
    std::string working_dir;
    std::vector<std::string> shell;
    std::vector<std::string> on_build;
    std::vector<std::string> exposed_ports;  ///< "8080/tcp", sorted
    std::vector<std::string> volumes;        ///< sorted
    std::map<std::string, std::string> labels;
    std::string stop_signal;
    std::optional<HealthCheck> healthcheck;
    bool args_escaped = false;
    std::vector<Digest> diff_ids;
    std::vector<HistoryEntry> history;
    Json other = Json::object();         ///< top-level keys not named above
    Json other_config = Json::object();  ///< keys of "config" not named above

    /// What `FROM scratch` starts with: PATH, WorkingDir "/".
    static ImageConfig for_scratch(const Platform& platform);
    static Result<ImageConfig> parse(std::string_view json);
    /// One line, keys sorted; `rootfs` and `history` included.
    [[nodiscard]] std::string dump() const;

    [[nodiscard]] std::optional<std::string> find_env(std::string_view name) const;
    /// In place when there, else at the end.
    void set_env(std::string_view name, std::string_view value);
};

/// ChainID of image-spec: of the first n diff IDs, for n = 1..size.
std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids);

/// A point in time with the full range that RFC 3339 can write (Go's zero time is year 1).
struct Instant {
    std::int64_t seconds = 0;  ///< since 1970
    std::uint32_t nanoseconds = 0;
    auto operator<=>(const Instant&) const = default;
};
/// Seconds since 1970 as "2026-11-23T16:00:00Z".
std::string rfc3339(std::int64_t unix_seconds);
/// "2026-11-23T16:00:00.5Z", "2026-11-23T17:00:00+01:00"; kInvalidInput otherwise.
Result<Instant> parse_rfc3339(std::string_view text);

}  // namespace slipway::image
