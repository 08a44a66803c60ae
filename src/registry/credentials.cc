#include "registry/internal/credentials.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "os/child.h"
#include "os/file.h"
#include "os/system.h"

namespace slipway::registry {

namespace {

std::string default_config_dir() {
    if (auto dir = os::get_env("DOCKER_CONFIG"); dir && !dir->empty()) return *dir;
    return os::get_env("HOME").value_or("/root") + "/.docker";
}

/// Docker Hub's entry goes by the name of its first index.
std::string server_key(const std::string& registry) {
    return registry == "docker.io" ? "https://index.docker.io/v1/" : registry;
}

/// "https://host/v1/" -> "host", as docker reads the keys of "auths".
std::string_view host_of_key(std::string_view key) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
    }
    return key.substr(0, key.find('/'));
}

Result<std::optional<Credential>> read_entry(const Json& entry) {
    Credential credential;
    SLIPWAY_ASSIGN(credential.user, json_string(entry, "username"));
    SLIPWAY_ASSIGN(credential.password, json_string(entry, "password"));
    SLIPWAY_ASSIGN(credential.identity_token, json_string(entry, "identitytoken"));
    SLIPWAY_ASSIGN(credential.registry_token, json_string(entry, "registrytoken"));
    SLIPWAY_ASSIGN(const std::string auth, json_string(entry, "auth"));
    if (!auth.empty()) {
        const auto decoded = base64_decode(auth);
        const auto parts = decoded ? split_once(*decoded, ':') : std::nullopt;
        if (!parts) return Error(ErrorCode::kInvalidInput, "'auth' is not base64 of user:password");
        credential.user = parts->first;
        credential.password = parts->second.substr(0, parts->second.find('\0'));
        log_redact(auth);
    }
    if (credential.user.empty() && credential.identity_token.empty() &&
        credential.registry_token.empty()) {
        return std::optional<Credential>();
    }
    return std::optional(std::move(credential));
}

Result<std::optional<Credential>> find_in_auths(const Json& config, const std::string& registry) {
    const auto auths = config.find("auths");
    if (auths == config.end() || !auths->is_object()) return std::optional<Credential>();
    const std::string key = server_key(registry);
    if (const auto exact = auths->find(key); exact != auths->end()) return read_entry(*exact);
    for (const auto& [name, entry] : auths->items()) {
        if (host_of_key(name) == host_of_key(key)) return read_entry(entry);
    }
    return std::optional<Credential>();
}

Result<std::string> helper_name(const Json& config, const std::string& registry) {
    if (const auto helpers = config.find("credHelpers");
        helpers != config.end() && helpers->is_object()) {
        const std::string key = server_key(registry);
        for (const std::string& name : {key, std::string(host_of_key(key)), registry}) {
            SLIPWAY_ASSIGN(std::string helper, json_string(*helpers, name));
            if (!helper.empty()) return helper;
        }
    }
    return json_string(config, "credsStore");
}

/// The protocol of docker-credential-helpers: the server's name on stdin; JSON on stdout, or a
/// message and status 1.
Result<std::optional<Credential>> ask_helper(const std::string& helper, const std::string& registry,
                                             std::stop_token stop) {
    const std::string program = "docker-credential-" + helper;
    if (helper.find('/') != std::string::npos) {
        return make_error(ErrorCode::kInvalidInput, "'{}' is not the name of a credential helper",
                          helper);
    }
    if (!os::find_program(program)) {
        return Error(ErrorCode::kDenied,
                     fmt::format("credential helper '{}' is not installed", program))
            .hint("install it, or remove it from docker's config.json");
    }
    SLIPWAY_ASSIGN(auto input, os::make_pipe());
    os::FdWriter writer(input.write);
    SLIPWAY_TRY(writer.write(server_key(registry)));  // fits into the pipe's buffer
    SLIPWAY_TRY(input.write.close());
    os::SpawnOptions command;
    command.argv = {program, "get"};
    command.stdin_fd = input.read.get();
    SLIPWAY_ASSIGN(const auto output, os::run_command(std::move(command), stop));
    if (!output.status.ok()) {
        if (output.out.find("credentials not found") != std::string::npos)
            return std::optional<Credential>();
        return make_error(ErrorCode::kDenied, "credential helper '{}' failed with status {}: {}",
                          program, output.status.code, trim(output.err));
    }
    const auto json = parse_json(output.out);
    if (!json)
        return make_error(ErrorCode::kDenied, "credential helper '{}' did not answer with JSON",
                          program);
    Credential credential;
    SLIPWAY_ASSIGN(credential.user, json_string(*json, "Username"));
    SLIPWAY_ASSIGN(std::string secret, json_string(*json, "Secret"));
    const bool is_token = credential.user == "<token>";
    (is_token ? credential.identity_token : credential.password) = std::move(secret);
    if (is_token) credential.user.clear();
    if (credential.user.empty() && credential.identity_token.empty())
        return std::optional<Credential>();
    return std::optional(std::move(credential));
}

}  // namespace

Credentials::Credentials(std::string config_dir)
    : config_dir_(config_dir.empty() ? default_config_dir() : std::move(config_dir)) {}

Result<std::optional<Credential>> Credentials::find(const std::string& registry,
                                                    std::stop_token stop) {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(registry); known != known_.end()) return known->second;
    SLIPWAY_ASSIGN(auto credential, look_up(registry, stop));
    if (credential) {
        log_redact(credential->password);
        log_redact(credential->identity_token);
        log_redact(credential->registry_token);
        log_redact(base64_encode(credential->user + ":" + credential->password));
    }
    known_.emplace(registry, credential);
    return credential;
}

Result<std::optional<Credential>> Credentials::look_up(const std::string& registry,
                                                       std::stop_token stop) const {
    const std::string path = config_dir_ + "/config.json";
    SLIPWAY_ASSIGN(const auto text, os::find_file(path));
    if (!text || trim(*text).empty()) return std::optional<Credential>();
    const auto config = parse_json(*text);  // its error may quote a secret
    if (!config || !config->is_object())
        return make_error(ErrorCode::kInvalidInput, "'{}' is not valid JSON", path);
    SLIPWAY_ASSIGN(const std::string helper, helper_name(*config, registry).context("{}", path));
    if (!helper.empty()) {
        SLIPWAY_ASSIGN(auto credential, ask_helper(helper, registry, stop).context("{}", path));
        if (credential) return credential;
    }
    return find_in_auths(*config, registry).context("{}, entry for '{}'", path, registry);
}

}  // namespace slipway::registry
