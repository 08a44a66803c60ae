#include "image/config.h"

#include "image/internal/json_fields.h"

#include <algorithm>

namespace slipway::image {

namespace {

constexpr std::string_view kDefaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Result<HealthCheck> parse_healthcheck(const Json& json) {
    HealthCheck check;
    SLIPWAY_ASSIGN(check.test, string_list(json, "Test"));
    SLIPWAY_ASSIGN(check.interval_ns, json_int(json, "Interval"));
    SLIPWAY_ASSIGN(check.timeout_ns, json_int(json, "Timeout"));
    SLIPWAY_ASSIGN(check.start_period_ns, json_int(json, "StartPeriod"));
    SLIPWAY_ASSIGN(check.start_interval_ns, json_int(json, "StartInterval"));
    SLIPWAY_ASSIGN(check.retries, json_int(json, "Retries"));
    return check;
}

Json dump_healthcheck(const HealthCheck& check) {
    Json json = Json::object();
    set_unless_empty(json, "Test", check.test);
    const auto set = [&](const char* key, std::int64_t value) {
        if (value != 0) json[key] = value;
    };
    set("Interval", check.interval_ns);
    set("Timeout", check.timeout_ns);
    set("StartPeriod", check.start_period_ns);
    set("StartInterval", check.start_interval_ns);
    set("Retries", check.retries);
    return json;
}

void drop(Json& json, std::initializer_list<const char*> keys) {
    for (const char* key : keys) json.erase(key);
}

Result<void> parse_run_config(Json json, ImageConfig& config) {
    SLIPWAY_ASSIGN(config.env, string_list(json, "Env"));
    SLIPWAY_ASSIGN(config.entrypoint, string_list(json, "Entrypoint"));
    SLIPWAY_ASSIGN(config.cmd, string_list(json, "Cmd"));
    SLIPWAY_ASSIGN(config.user, json_string(json, "User"));
    SLIPWAY_ASSIGN(config.working_dir, json_string(json, "WorkingDir"));
    SLIPWAY_ASSIGN(config.shell, string_list(json, "Shell"));
    SLIPWAY_ASSIGN(config.on_build, string_list(json, "OnBuild"));
    SLIPWAY_ASSIGN(config.exposed_ports, key_set(json, "ExposedPorts"));
    SLIPWAY_ASSIGN(config.volumes, key_set(json, "Volumes"));
    SLIPWAY_ASSIGN(config.labels, string_map(json, "Labels"));
    SLIPWAY_ASSIGN(config.stop_signal, json_string(json, "StopSignal"));
    SLIPWAY_ASSIGN(config.args_escaped, json_bool(json, "ArgsEscaped"));
    if (const auto found = json.find("Healthcheck"); found != json.end() && !found->is_null()) {
        auto check = parse_healthcheck(*found);
        if (!check) return std::move(check).error().context("Healthcheck");
        config.healthcheck = *std::move(check);
    }
    drop(json, {"Env", "Entrypoint", "Cmd", "User", "WorkingDir", "Shell", "OnBuild",
                "ExposedPorts", "Volumes", "Labels", "StopSignal", "ArgsEscaped", "Healthcheck"});
    config.other_config = std::move(json);
    return {};
}

Json dump_run_config(const ImageConfig& config) {
    Json json = config.other_config;
    set_unless_empty(json, "Env", config.env);
    set_unless_empty(json, "Entrypoint", config.entrypoint);
    set_unless_empty(json, "Cmd", config.cmd);
    set_unless_empty(json, "User", config.user);
    set_unless_empty(json, "WorkingDir", config.working_dir);
    set_unless_empty(json, "Shell", config.shell);
    set_unless_empty(json, "OnBuild", config.on_build);
    set_unless_empty(json, "ExposedPorts", to_key_set(config.exposed_ports));
    set_unless_empty(json, "Volumes", to_key_set(config.volumes));
    set_unless_empty(json, "Labels", config.labels);
    set_unless_empty(json, "StopSignal", config.stop_signal);
    if (config.args_escaped) json["ArgsEscaped"] = true;
    if (config.healthcheck) json["Healthcheck"] = dump_healthcheck(*config.healthcheck);
    return json;
}

Result<std::optional<std::string>> optional_string(const Json& json, std::string_view key) {
    SLIPWAY_ASSIGN(std::string value, json_string(json, key));
    return value.empty() ? std::nullopt : std::optional(std::move(value));
}

Result<HistoryEntry> parse_history_entry(const Json& json) {
    HistoryEntry entry;
    SLIPWAY_ASSIGN(entry.created, optional_string(json, "created"));
    SLIPWAY_ASSIGN(entry.created_by, json_string(json, "created_by"));
    SLIPWAY_ASSIGN(entry.comment, json_string(json, "comment"));
    SLIPWAY_ASSIGN(entry.author, json_string(json, "author"));
    SLIPWAY_ASSIGN(entry.empty_layer, json_bool(json, "empty_layer"));
    return entry;
}

Result<std::vector<HistoryEntry>> parse_history(const Json& json) {
    std::vector<HistoryEntry> history;
    const auto found = json.find("history");
    if (found == json.end() || found->is_null()) return history;
    if (!found->is_array()) return make_error(ErrorCode::kInvalidInput, "'history' is not a list");
    for (const Json& item : *found) {
        SLIPWAY_ASSIGN(history.emplace_back(), parse_history_entry(item).context("history"));
    }
    return history;
}

Json dump_history(const std::vector<HistoryEntry>& history) {
    Json list = Json::array();
    for (const auto& entry : history) {
        Json item = Json::object();
        if (entry.created) item["created"] = *entry.created;
        set_unless_empty(item, "created_by", entry.created_by);
        set_unless_empty(item, "comment", entry.comment);
        set_unless_empty(item, "author", entry.author);
        if (entry.empty_layer) item["empty_layer"] = true;
        list.push_back(std::move(item));
    }
    return list;
}

Result<std::vector<Digest>> parse_diff_ids(const Json& json) {
    SLIPWAY_ASSIGN(const Json rootfs, object_field(json, "rootfs"));
    SLIPWAY_ASSIGN(const std::string type, json_string(rootfs, "type", "layers"));
    if (type != "layers") {
        return make_error(ErrorCode::kUnsupported, "rootfs type '{}' is not 'layers'", type);
    }
    SLIPWAY_ASSIGN(const auto texts, string_list(rootfs, "diff_ids"));
    std::vector<Digest> diff_ids;
    for (const auto& text : texts) {
        SLIPWAY_ASSIGN(diff_ids.emplace_back(), Digest::parse(text).context("diff_ids"));
    }
    return diff_ids;
}

Result<ImageConfig> parse_config(std::string_view text) {
    SLIPWAY_ASSIGN(Json json, parse_json(text));
    if (!json.is_object()) return make_error(ErrorCode::kInvalidInput, "not a JSON object");
    ImageConfig config;
    SLIPWAY_ASSIGN(config.platform.os, json_string(json, "os", "linux"));
    SLIPWAY_ASSIGN(config.platform.architecture, json_string(json, "architecture"));
    SLIPWAY_ASSIGN(config.platform.variant, json_string(json, "variant"));
    SLIPWAY_ASSIGN(config.created, optional_string(json, "created"));
    SLIPWAY_ASSIGN(config.author, json_string(json, "author"));
    SLIPWAY_ASSIGN(Json run_config, object_field(json, "config"));
    SLIPWAY_TRY(parse_run_config(std::move(run_config), config).context("config"));
    SLIPWAY_ASSIGN(config.diff_ids, parse_diff_ids(json));
    SLIPWAY_ASSIGN(config.history, parse_history(json));
    drop(json,
         {"os", "architecture", "variant", "created", "author", "config", "rootfs", "history"});
    config.other = std::move(json);
    return config;
}

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

}  // namespace

ImageConfig ImageConfig::for_scratch(const Platform& platform) {
    ImageConfig config;
    config.platform = platform;
    config.env = {std::string(kDefaultPath)};
    config.working_dir = "/";
    return config;
}

Result<ImageConfig> ImageConfig::parse(std::string_view json) {
    return parse_config(json).context("image config");
}

std::string ImageConfig::dump() const {
    Json json = other;
    json["os"] = platform.os;
    json["architecture"] = platform.architecture;
    set_unless_empty(json, "variant", platform.variant);
    if (created) json["created"] = *created;
    set_unless_empty(json, "author", author);
    json["config"] = dump_run_config(*this);
    Json ids = Json::array();
    for (const auto& diff_id : diff_ids) ids.push_back(diff_id.to_string());
    json["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(ids)}};
    set_unless_empty(json, "history", dump_history(history));
    return dump_json(json);
}

std::optional<std::string> ImageConfig::find_env(std::string_view name) const {
    for (const auto& variable : env) {
        if (name_of(variable) != name) continue;
        return variable.size() > name.size() ? variable.substr(name.size() + 1) : std::string();
    }
    return std::nullopt;
}

void ImageConfig::set_env(std::string_view name, std::string_view value) {
    std::string text = fmt::format("{}={}", name, value);
    const auto found = std::find_if(env.begin(), env.end(), [&](const std::string& variable) {
        return name_of(variable) == name;
    });
    if (found != env.end()) {
        *found = std::move(text);
    } else {
        env.push_back(std::move(text));
    }
}

std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids) {
    std::vector<Digest> chain;
    chain.reserve(diff_ids.size());
    for (const auto& diff_id : diff_ids) {
        chain.push_back(chain.empty()
                            ? diff_id
                            : Digest::of(chain.back().to_string() + " " + diff_id.to_string()));
    }
    return chain;
}

}  // namespace slipway::image
