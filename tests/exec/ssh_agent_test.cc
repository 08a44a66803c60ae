// The sockets of RUN --mount=type=ssh, with a fake agent behind them, and with OpenSSH's own.
#include "exec/ssh_agent.h"

#include "os/child.h"
#include "os/file.h"
#include "os/unix_socket.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace slipway::exec {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Pair;

using Bytes = std::vector<std::byte>;

Bytes bytes(std::string_view text) {
    Bytes made;
    for (const char c : text) made.push_back(static_cast<std::byte>(c));
    return made;
}

/// Exactly so many; fewer at the end of the stream.
Bytes receive(const os::Fd& from, std::size_t size) {
    Bytes got(size);
    std::size_t done = 0;
    while (done < size) {
        const auto more = os::FdReader(from).read(std::span(got).subspan(done));
        if (!more || *more == 0) break;
        done += *more;
    }
    got.resize(done);
    return got;
}

class SshAgentTest : public ::testing::Test {
  protected:
    void SetUp() override { ASSERT_THAT(dir_, IsOk()); }
    [[nodiscard]] std::string path(const std::string& name) const {
        return dir_->path() + "/" + name;
    }
    os::Dir dir() { return os::Dir::open(dir_->path()).value(); }

    Result<os::TempDir> dir_ = os::TempDir::create("/tmp", "slipway-ssh");
};

TEST_F(SshAgentTest, ASocketForAStepPassesListsAndSignaturesOnly) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto agent,
                                 os::UnixListener::create(dir(), "agent", 0600, 0, 0));
    Bytes asked;
    std::jthread fake([&](std::stop_token stop) {
        const auto connection = agent.accept(stop);
        if (!connection) return;
        for (int i = 0; i < 2; ++i) {
            const Bytes request = receive(*connection, 5);
            if (request.size() < 5) return;
            asked.push_back(request[4]);
            static_cast<void>(
                os::FdWriter(*connection).write(bytes(std::string_view("\0\0\0\3\14ok", 7))));
        }
    });
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto socket,
                                 SshSocket::open(dir(), "step", 0640, 0, 0, path("agent")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto info, dir().stat(RelPath::in_root("step")));
    EXPECT_EQ(info.mode & 07777U, 0640U);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Fd step, os::connect_unix(path("step")));
    // remove all keys, list them, lock, sign
    const std::vector<std::pair<std::string_view, std::string_view>> talk = {
        {std::string_view("\0\0\0\1\23", 5), std::string_view("\0\0\0\1\5", 5)},
        {std::string_view("\0\0\0\1\13", 5), std::string_view("\0\0\0\3\14ok", 7)},
        {std::string_view("\0\0\0\2\26x", 6), std::string_view("\0\0\0\1\5", 5)},
        {std::string_view("\0\0\0\1\15", 5), std::string_view("\0\0\0\3\14ok", 7)}};
    for (const auto& [request, answer] : talk) {
        ASSERT_THAT(os::FdWriter(step).write(bytes(request)), IsOk());
        EXPECT_EQ(receive(step, answer.size()), bytes(answer));
    }
    fake.join();
    EXPECT_THAT(asked, ElementsAre(std::byte{11}, std::byte{13}));
}

TEST_F(SshAgentTest, ABadMessageOrADeadAgentEndsTheConnection) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto agent,
                                 os::UnixListener::create(dir(), "agent", 0600, 0, 0));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto socket,
                                 SshSocket::open(dir(), "step", 0600, 0, 0, path("agent")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Fd step, os::connect_unix(path("step")));
    ASSERT_THAT(os::FdWriter(step).write(bytes("\xff\xff\xff\xff")), IsOk());
    EXPECT_TRUE(receive(step, 1).empty());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto lost,
                                 SshSocket::open(dir(), "lost", 0600, 0, 0, path("nobody")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Fd other, os::connect_unix(path("lost")));
    EXPECT_TRUE(receive(other, 1).empty());
}

TEST_F(SshAgentTest, EndsWithConnectionsThatAreStillOpen) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto agent,
                                 os::UnixListener::create(dir(), "agent", 0600, 0, 0));
    std::optional<SshSocket> socket;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto opened,
                                 SshSocket::open(dir(), "step", 0600, 0, 0, path("agent")));
    socket.emplace(std::move(opened));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Fd step, os::connect_unix(path("step")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Fd behind, agent.accept({}));
    socket.reset();
    EXPECT_TRUE(receive(step, 1).empty());
}

TEST_F(SshAgentTest, KeysOfFilesAreServedByAnAgentOfOurOwn) {
    if (!os::find_program("ssh-agent")) GTEST_SKIP() << "needs ssh-agent (openssh-client)";
    const auto keygen = os::run_command(
        {.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mine", "-f", path("key")}});
    ASSERT_TRUE(keygen && keygen->status.ok());
    ASSERT_THAT(dir().set_mode(RelPath::in_root("key"), 0644), IsOk());
    SshSources sources;
    ASSERT_THAT(add_ssh("work=" + path("key"), sources), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const SshAgents agents,
                                 SshAgents::start(sources, dir_->path(), {}));
    EXPECT_FALSE(agents.find("default"));
    ASSERT_TRUE(agents.find("work"));
    const auto listed =
        os::run_command({.argv = {"ssh-add", "-L"},
                         .env = std::vector<std::string>{"SSH_AUTH_SOCK=" + *agents.find("work"),
                                                         "PATH=/usr/bin:/bin"}});
    ASSERT_TRUE(listed);
    EXPECT_THAT(listed->out, HasSubstr("ssh-ed25519"));

    ASSERT_THAT(os::write_file(path("none"), "no key\n"), IsOk());
    EXPECT_THAT(SshAgents::start({{"x", {path("none")}}}, dir_->path(), {}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("--ssh x: the SSH key")));
}

TEST_F(SshAgentTest, SourcesAreWrittenAsBuildxHasThem) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto agent,
                                 os::UnixListener::create(dir(), "agent", 0600, 0, 0));
    ASSERT_THAT(os::write_file(path("a"), "x"), IsOk());
    ASSERT_THAT(os::write_file(path("b"), "x"), IsOk());
    SshSources sources;
    ::setenv("SSH_AUTH_SOCK", path("agent").c_str(), 1);
    EXPECT_THAT(add_ssh("default", sources), IsOk());
    EXPECT_THAT(add_ssh("keys=" + path("a") + "," + path("b"), sources), IsOk());
    EXPECT_THAT(sources, ElementsAre(Pair("default", ElementsAre(path("agent"))),
                                     Pair("keys", ElementsAre(path("a"), path("b")))));
    EXPECT_THAT(add_ssh("x=" + path("agent") + "," + path("a"), sources),
                FailsWith(ErrorCode::kUsage, HasSubstr("one socket, or keys")));
    EXPECT_THAT(add_ssh("x=" + path("missing"), sources),
                FailsWith(ErrorCode::kNotFound, HasSubstr("missing")));
    ::unsetenv("SSH_AUTH_SOCK");
    EXPECT_THAT(add_ssh("default", sources),
                FailsWith(ErrorCode::kUsage, HasSubstr("SSH_AUTH_SOCK is not set")));
}

}  // namespace
}  // namespace slipway::exec
