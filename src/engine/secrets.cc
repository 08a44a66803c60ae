#include "engine/secrets.h"

#include "base/log.h"
#include "base/text.h"
#include "os/file.h"
#include "os/system.h"

#include <array>
#include <optional>

namespace slipway::engine {

namespace {

constexpr std::size_t kMaxSecretSize = 500UL * 1024;  // BuildKit's limit

}  // namespace

Result<void> add_secret(std::string_view spec, Secrets& secrets) {
    std::string id;
    std::optional<std::string> file;
    std::optional<std::string> variable;
    std::string type;
    for (const auto part : split(spec, ',')) {
        const auto pair = split_once(part, '=');
        if (!pair) {
            return make_error(ErrorCode::kUsage, "--secret: '{}' is not key=value", part)
                .hint("write --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE");
        }
        const auto [key, value] = *pair;
        if (key == "id") {
            id = value;
        } else if (key == "src" || key == "source") {
            file = std::string(value);
        } else if (key == "env") {
            variable = std::string(value);
        } else if (key == "type") {
            type = value;
        } else {
            static const std::array<std::string, 5> kKeys = {"id", "src", "source", "env", "type"};
            auto error = make_error(ErrorCode::kUsage, "--secret: unknown key '{}'", key);
            if (auto nearest = find_nearest(key, kKeys)) {
                return std::move(error).hint("did you mean '" + *nearest + "'?");
            }
            return error;
        }
    }
    if (id.empty()) return make_error(ErrorCode::kUsage, "--secret: 'id' is missing");
    if (!type.empty() && type != "file" && type != "env") {
        return make_error(ErrorCode::kUsage, "--secret: type '{}' is neither file nor env", type);
    }
    if (type == "env" && !variable) {
        variable = file.value_or(id);
        file.reset();
    }
    if (!file && !variable) {
        if (type != "file" && os::get_env(id.c_str())) {
            variable = id;
        } else {
            file = id;
        }
    }
    std::string value;
    if (variable) {
        auto found = os::get_env(variable->c_str());
        if (!found) {
            return make_error(ErrorCode::kUsage, "--secret id={}: the variable '{}' is not set", id,
                              *variable);
        }
        value = *std::move(found);
    } else {
        SLIPWAY_ASSIGN(value, os::read_file(*file, kMaxSecretSize).context("--secret id={}", id));
    }
    log_redact(value);
    secrets[id] = std::move(value);
    return {};
}

}  // namespace slipway::engine
