#include "source/internal/git_command.h"

#include "base/text.h"
#include "os/child.h"
#include "os/system.h"

#include <algorithm>
#include <array>
#include <utility>

namespace slipway::source {

namespace {

/// Files get the modes that git means, whatever our own umask is.
constexpr const char* kWithUmask = "umask 022; exec git \"$@\"";

constexpr std::array<const char*, 15> kPassedOn = {
    "PATH",       "http_proxy",  "https_proxy",    "no_proxy",       "all_proxy",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",       "ALL_PROXY",      "SSH_AUTH_SOCK",
    "USER",       "LOGNAME",     "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "TMPDIR"};

constexpr std::array<std::pair<const char*, const char*>, 10> kConfig = {
    {{"safe.directory", "*"},
     {"core.hooksPath", "/dev/null"},
     {"core.fsmonitor", "false"},
     {"credential.helper", ""},
     {"gc.autoDetach", "false"},
     {"maintenance.autoDetach", "false"},
     {"fetch.recurseSubmodules", "false"},
     {"checkout.workers", "0"},
     {"init.defaultBranch", "master"},
     {"advice.detachedHead", "false"}}};

/// The last lines of what git said, in one line and fit for a terminal.
std::string told(std::string_view output) {
    constexpr std::size_t kMost = 600;
    std::string text(trim(output));
    if (text.size() > kMost) text = "…" + text.substr(text.size() - kMost);
    std::string line;
    for (const char c : text) {
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        if (c == '\n') {
            line += "; ";
        } else if (!control) {
            line += c;
        }
    }
    return line;
}

bool is_about_credentials(std::string_view said) {
    static constexpr std::array<std::string_view, 6> kSigns = {
        "Authentication failed", "could not read Username",      "could not read Password",
        "Permission denied",     "Host key verification failed", "error: 403"};
    return std::ranges::any_of(kSigns, [said](std::string_view sign) {
        return said.find(sign) != std::string_view::npos;
    });
}

}  // namespace

GitCommand GitCommand::in(std::string git_dir, std::string work_tree) const {
    GitCommand other = *this;
    other.git_dir_ = std::move(git_dir);
    other.work_tree_ = std::move(work_tree);
    return other;
}

GitCommand GitCommand::allowing(GitProtocols protocols) const {
    GitCommand other = *this;
    other.protocols_ = protocols;
    return other;
}

std::vector<std::string> GitCommand::environment() const {
    std::vector<std::string> env = {"LC_ALL=C",
                                    "HOME=/dev/null",
                                    "GIT_CONFIG_NOSYSTEM=1",
                                    "GIT_CONFIG_GLOBAL=/dev/null",
                                    "GIT_ATTR_NOSYSTEM=1",
                                    "GIT_TERMINAL_PROMPT=0"};
    for (const char* name : kPassedOn) {
        if (const auto value = os::get_env(name)) env.push_back(fmt::format("{}={}", name, *value));
    }
    if (!os::get_env("GIT_SSL_CAINFO")) {
        if (const auto file = os::get_env("SSL_CERT_FILE"))
            env.push_back("GIT_SSL_CAINFO=" + *file);
    }
    // A host that was never seen before is trusted, as it is by BuildKit; a changed one is not.
    const std::string ssh =
        os::get_env("GIT_SSH_COMMAND")
            .value_or("ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new");
    env.push_back("GIT_SSH_COMMAND=" + ssh);
    env.push_back(protocols_ == GitProtocols::kLocal ? "GIT_ALLOW_PROTOCOL=file"
                                                     : "GIT_ALLOW_PROTOCOL=http:https:ssh:git");
    std::size_t count = 0;
    const auto configure = [&](std::string_view name, std::string_view value) {
        env.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", count, name));
        env.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", count, value));
        ++count;
    };
    for (const auto& [name, value] : kConfig) configure(name, value);
    for (const auto& credential : credentials_)
        configure("http." + credential.scope + ".extraHeader", credential.header);
    env.push_back(fmt::format("GIT_CONFIG_COUNT={}", count));
    return env;
}

Result<std::string> GitCommand::run(std::vector<std::string> args, std::stop_token stop) const {
    if (!os::find_program("git")) {
        return Error(ErrorCode::kResource, "the program 'git' is not installed")
            .hint("install the package git");
    }
    os::SpawnOptions options;
    options.argv = {"/bin/sh", "-c", kWithUmask, "git"};
    if (!git_dir_.empty()) options.argv.push_back("--git-dir=" + git_dir_);
    if (!work_tree_.empty()) options.argv.push_back("--work-tree=" + work_tree_);
    const std::string what = args.empty() ? "" : args.front();
    for (auto& arg : args) options.argv.push_back(std::move(arg));
    options.env = environment();
    options.cwd = work_tree_.empty() ? (git_dir_.empty() ? "/" : git_dir_) : work_tree_;
    SLIPWAY_ASSIGN(auto output, os::run_command(std::move(options), std::move(stop)));
    if (output.status.ok()) return std::move(output.out);
    if (is_about_credentials(output.err)) {
        return make_error(ErrorCode::kDenied, "git {}: {}", what, told(output.err))
            .hint(
                "over https a token is given with --secret id=GIT_AUTH_TOKEN,env=NAME; over ssh "
                "the keys of your agent are used");
    }
    return make_error(ErrorCode::kUnavailable, "git {}: {}", what, told(output.err));
}

}  // namespace slipway::source
