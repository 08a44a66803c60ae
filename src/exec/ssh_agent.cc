#include "exec/ssh_agent.h"

#include "base/path.h"
#include "base/text.h"
#include "os/file.h"
#include "os/system.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

namespace slipway::exec {
namespace {

constexpr const char* kDefaultId = "default";
constexpr const char* kInstall = "install openssh-client, or give the socket of a running agent";

enum class SourceKind { kSocket, kKey };

Result<SourceKind> kind_of(const std::string& host_path) {
    SLIPWAY_ASSIGN(const os::Dir dir, os::Dir::open(std::string(dir_name(host_path))));
    SLIPWAY_ASSIGN(const auto info, dir.stat(RelPath::in_root(base_name(host_path))));
    return S_ISSOCK(info.mode) ? SourceKind::kSocket : SourceKind::kKey;
}

/// In the agent's own directory: a socket's address is short, the path to it may not be.
os::SpawnOptions beside_socket(std::vector<std::string> argv, const std::string& directory) {
    os::SpawnOptions options{.argv = std::move(argv),
                             .env = std::vector<std::string>{
                                 "SSH_AUTH_SOCK=agent", "SSH_ASKPASS_REQUIRE=never",
                                 "PATH=" + os::get_env("PATH").value_or("/usr/bin:/bin")}};
    options.cwd = directory;
    return options;
}

Result<void> add_key(const std::string& key_file, const std::string& directory,
                     const std::stop_token& stop) {
    // By standard input: a file given by name would have to be the user's alone.
    SLIPWAY_ASSIGN(const os::Fd key, os::open_read(key_file));
    os::SpawnOptions options = beside_socket({"ssh-add", "-q", "-"}, directory);
    options.stdin_fd = key.get();
    SLIPWAY_ASSIGN(const auto done, os::run_command(std::move(options), stop));
    if (done.status.ok()) return {};
    const std::string why(trim(done.err));
    return make_error(ErrorCode::kInvalidInput, "the SSH key '{}' cannot be used{}", key_file,
                      why.empty() ? "" : ": " + why)
        .hint("a key with a passphrase must be in an agent already: --ssh ID=SOCKET");
}

}  // namespace

Result<void> add_ssh(std::string_view spec, SshSources& sources) {
    const auto cut = split_once(spec, '=');
    std::string id(cut ? cut->first : spec);
    if (id.empty()) id = kDefaultId;
    std::vector<std::string> paths;
    if (cut && !cut->second.empty()) {
        for (const auto path : split(cut->second, ',')) paths.emplace_back(path);
    } else {
        const auto agent = os::get_env("SSH_AUTH_SOCK");
        if (!agent || agent->empty()) {
            return make_error(ErrorCode::kUsage,
                              "--ssh {}: there is no SSH agent: SSH_AUTH_SOCK is not set", spec)
                .hint("start one (eval $(ssh-agent); ssh-add), or write --ssh ID=SOCKET|KEY");
        }
        paths.push_back(*agent);
    }
    bool socket = false;
    for (std::string& path : paths) {
        SLIPWAY_ASSIGN(path, os::real_path(path).context("--ssh {}", spec));
        SLIPWAY_ASSIGN(const SourceKind kind, kind_of(path).context("--ssh {}", spec));
        socket = socket || kind == SourceKind::kSocket;
    }
    if (socket && paths.size() > 1) {
        return make_error(ErrorCode::kUsage, "--ssh {}: one socket, or keys", spec);
    }
    sources[id] = std::move(paths);
    return {};
}

Result<KeyAgent> KeyAgent::start(const std::vector<std::string>& key_files,
                                 const std::string& scratch_dir, const std::stop_token& stop) {
    for (const char* const program : {"ssh-agent", "ssh-add"}) {
        if (os::find_program(program)) continue;
        return make_error(ErrorCode::kResource, "--ssh with key files needs '{}'", program)
            .hint(kInstall);
    }
    SLIPWAY_ASSIGN(os::TempDir dir, os::TempDir::create(scratch_dir, "ssh"));
    SLIPWAY_ASSIGN(os::Pipe pipe, os::make_pipe());
    os::SpawnOptions options = beside_socket({"ssh-agent", "-D", "-a", "agent"}, dir.path());
    options.stdout_fd = pipe.write.get();
    SLIPWAY_ASSIGN(os::Child process, os::Child::spawn(options));
    pipe.write = os::Fd();
    // It tells the name of its socket once it listens there.
    std::array<std::byte, 4096> told{};
    SLIPWAY_ASSIGN(const std::size_t size, os::FdReader(pipe.read).read(told));
    if (size == 0) {
        return make_error(ErrorCode::kResource, "ssh-agent did not start").hint(kInstall);
    }
    for (const std::string& key : key_files) SLIPWAY_TRY(add_key(key, dir.path(), stop));
    return KeyAgent(std::move(dir), std::move(process), std::move(pipe.read));
}

Result<SshAgents> SshAgents::start(const SshSources& sources, const std::string& scratch_dir,
                                   const std::stop_token& stop) {
    SshAgents agents;
    for (const auto& [id, paths] : sources) {
        SLIPWAY_ASSIGN(const SourceKind kind, kind_of(paths.front()));
        if (kind == SourceKind::kSocket) {
            agents.sockets_[id] = paths.front();
            continue;
        }
        SLIPWAY_ASSIGN(KeyAgent own,
                       KeyAgent::start(paths, scratch_dir, stop).context("--ssh {}", id));
        agents.sockets_[id] = own.socket_path();
        agents.own_.push_back(std::move(own));
    }
    return agents;
}

std::optional<std::string> SshAgents::find(const std::string& id) const {
    const auto found = sockets_.find(id.empty() ? kDefaultId : id);
    if (found == sockets_.end()) return std::nullopt;
    return found->second;
}

}  // namespace slipway::exec
