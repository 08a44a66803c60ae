// RUN --mount=type=ssh: an SSH agent that a step may ask to sign, and nothing else. The keys stay
// with the agent; what the step sees is a socket.
#pragma once

#include "base/result.h"
#include "os/child.h"
#include "os/dir.h"
#include "os/temp.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::exec {

/// Id -> the socket of a running agent, or files with private keys.
using SshSources = std::map<std::string, std::vector<std::string>, std::less<>>;

/// "default", "ID=SOCKET", "ID=KEY[,KEY]" as buildx takes them; without a path: the socket that
/// SSH_AUTH_SOCK names. Adds to `sources`. kUsage.
Result<void> add_ssh(std::string_view spec, SshSources& sources);

/// An agent of our own with keys from files: OpenSSH's, which holds them in memory.
class KeyAgent {
  public:
    /// Returns when it answers. kResource without OpenSSH; kInvalidInput for a file that is no key
    /// or asks for a passphrase.
    static Result<KeyAgent> start(const std::vector<std::string>& key_files,
                                  const std::string& scratch_dir, const std::stop_token& stop);
    [[nodiscard]] std::string socket_path() const { return dir_.path() + "/agent"; }

  private:
    KeyAgent(os::TempDir dir, os::Child process, os::Fd output)
        : dir_(std::move(dir)), process_(std::move(process)), output_(std::move(output)) {}
    os::TempDir dir_;
    os::Child process_;
    os::Fd output_;
};

/// The agents of one build. Any thread.
class SshAgents {
  public:
    static Result<SshAgents> start(const SshSources& sources, const std::string& scratch_dir,
                                   const std::stop_token& stop);
    /// "" is "default". Nothing when none was given under that id.
    [[nodiscard]] std::optional<std::string> find(const std::string& id) const;

  private:
    std::map<std::string, std::string, std::less<>> sockets_;
    std::vector<KeyAgent> own_;
};

/// A socket for one step, behind which an agent answers. Lists of keys and signatures pass;
/// everything else (adding, removing, locking, extensions) is answered with a failure.
class SshSocket {
  public:
    /// Makes `dir`/`name`. Serves until it is destroyed.
    static Result<SshSocket> open(const os::Dir& dir, const std::string& name, std::uint32_t mode,
                                  std::uint32_t uid, std::uint32_t gid, std::string agent_path);
    SshSocket(SshSocket&&) noexcept;
    SshSocket& operator=(SshSocket&&) = delete;
    ~SshSocket();

  private:
    struct Impl;
    explicit SshSocket(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::exec
