// Binds, tmpfs, secrets; and what they leave behind: nothing.
#include "exec/sandbox_fixture.h"

#include <algorithm>

namespace slipway::exec {
namespace {

using slipway::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "hunter2-is-secret";

class SandboxMounts : public SandboxTest {
  protected:
    std::vector<std::string> names(std::string_view path) const {
        std::vector<std::string> list;
        const auto entries = root_.dir().list(RelPath::in_root(path));
        if (!entries) return {entries.error().to_string()};
        for (const os::DirEntry& entry : *entries) list.push_back(entry.name);
        return list;
    }
};
INSTANTIATE_TEST_SUITE_P(Runtimes, SandboxMounts, both_runtimes(), runtime_name);

/// Does any file below `folder` contain `text`?
bool is_anywhere_below(const os::Dir& root, const RelPath& folder, const std::string& text) {
    const auto entries = root.list(folder);
    if (!entries) return false;
    return std::ranges::any_of(*entries, [&](const os::DirEntry& entry) {
        const RelPath path = folder.child(entry.name);
        const auto info = root.stat(path);
        if (!info) return false;
        if (info->is_dir()) return is_anywhere_below(root, path, text);
        const auto file = os::find_file(root.host_path() + "/" + path.text());
        return file && *file && (*file)->find(text) != std::string::npos;
    });
}

TEST_P(SandboxMounts, BindDirectoriesAndFiles) {
    const TestRoot host;
    ASSERT_TRUE(host.ok());
    host.write("/dir/file", "inside");
    spec_.mounts = {
        {.target = "/ro", .host_path = host.path() + "/dir", .readonly = true},
        {.target = "/rw", .host_path = host.path() + "/dir"},
        {.target = "/a/single", .host_path = host.path() + "/dir/file", .readonly = true}};
    const Ran ran =
        shell("cat /ro/file /a/single; echo; touch /rw/new; touch /ro/no; touch /a/single; true");
    EXPECT_EQ(ran.out, "insideinside\n");
    EXPECT_THAT(ran.err, AllOf(HasSubstr("/ro/no: Read-only"), HasSubstr("/a/single: Read-only")));
    EXPECT_TRUE(host.has("/dir/new"));
}

TEST_P(SandboxMounts, ParentsComeBeforeWhatIsBelowThem) {
    const TestRoot host;
    ASSERT_TRUE(host.ok());
    host.write("/outer/x", "outer");
    host.write("/inner/y", "inner");
    host.make_dir("/outer/below");
    spec_.mounts = {{.target = "/m/below", .host_path = host.path() + "/inner"},
                    {.target = "/m", .host_path = host.path() + "/outer"}};
    EXPECT_EQ(shell("cat /m/x /m/below/y").out, "outerinner");
}

TEST_P(SandboxMounts, TmpfsHasItsSizeAndVanishes) {
    spec_.mounts = {
        {.kind = SandboxMount::Kind::kTmpfs, .target = "/scratch", .tmpfs_size = 1U << 20}};
    EXPECT_EQ(shell("dd if=/dev/zero of=/scratch/big bs=64k count=15 2>/dev/null && echo fits").out,
              "fits\n");
    EXPECT_NE(shell("dd if=/dev/zero of=/scratch/big bs=64k count=17").end.code, 0);
    EXPECT_FALSE(root_.has("/scratch"));
}

TEST_P(SandboxMounts, SecretsAreFilesOfTheirOwner) {
    spec_.mounts = {{.kind = SandboxMount::Kind::kSecret,
                     .target = "/run/secrets/token",
                     .secret_value = kSecret},
                    {.kind = SandboxMount::Kind::kSecret,
                     .target = "/etc/other",
                     .secret_value = kSecret,
                     .uid = 12,
                     .gid = 34,
                     .mode = 0440}};
    const Ran ran = shell(
        "stat -c '%u:%g %a' /run/secrets/token /etc/other; wc -c < /run/secrets/token;"
        "grep -E ' (/run/secrets/token|/etc/other) ' /proc/mounts; echo x > /run/secrets/token");
    EXPECT_THAT(ran.out, HasSubstr("0:0 400\n12:34 440\n17\n"));
    EXPECT_THAT(ran.out, HasSubstr("tmpfs /run/secrets/token tmpfs ro,nosuid,nodev,noexec"));
    EXPECT_NE(ran.end.code, 0);
    spec_.user = "1000:1000";
    EXPECT_THAT(shell("cat /run/secrets/token").err, HasSubstr("Permission denied"));
}

TEST_P(SandboxMounts, SecretsAreNowhereAfterwards) {
    spec_.mounts = {{.kind = SandboxMount::Kind::kSecret,
                     .target = "/run/secrets/token",
                     .secret_value = kSecret}};
    spec_.secret_env = {{"PASSWORD", kSecret}};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Dir state, os::Dir::open(state_->path()));
    bool during = false;
    std::string shown;
    spec_.on_output = [&](int, std::string_view text) {
        during = is_anywhere_below(state, RelPath(), kSecret);
        shown += text;
    };
    EXPECT_TRUE(shell("cat /run/secrets/token; echo $PASSWORD; sleep 0.1").end.ok());
    EXPECT_TRUE(during) << "the search must be able to find it while it is there";
    EXPECT_EQ(shown, "****\n");
    EXPECT_FALSE(is_anywhere_below(state, RelPath(), kSecret));
    EXPECT_FALSE(is_anywhere_below(root_.dir(), RelPath(), kSecret));
    runtime_.reset();  // takes the tmpfs down: what remains was on the disk all the time
    EXPECT_TRUE(state.list(RelPath())->empty());
}

TEST_P(SandboxMounts, SecretsAreNotInErrors) {
    spec_.secret_env = {{"PASSWORD", kSecret}};
    spec_.cwd = std::string("/bin/") + kSecret;
    root_.write("/file", "x");
    spec_.mounts = {
        {.kind = SandboxMount::Kind::kSecret, .target = "/bin", .secret_value = kSecret}};
    const auto ran = try_run({"/bin/true"});
    ASSERT_FALSE(ran.has_value());
    EXPECT_THAT(ran.error().message(), Not(HasSubstr(kSecret)));
}

TEST_P(SandboxMounts, LeaveNoStubs) {
    const TestRoot host;
    ASSERT_TRUE(host.ok());
    spec_.mounts = {{.kind = SandboxMount::Kind::kSecret,
                     .target = "/run/secrets/token",
                     .secret_value = kSecret},
                    {.target = "/root/.cache/pip", .host_path = host.path()},
                    {.kind = SandboxMount::Kind::kTmpfs, .target = "/var/tmp"}};
    EXPECT_TRUE(shell("touch /root/.cache/pip/kept /var/tmp/gone").end.ok());
    EXPECT_THAT(names("/"), ElementsAre("bin", "dev", "etc", "proc", "sys"));
    EXPECT_THAT(names("/etc"), ElementsAre());
    EXPECT_TRUE(host.has("/kept"));
}

TEST_P(SandboxMounts, KeepWhatTheStepItselfMakes) {
    spec_.mounts = {{.kind = SandboxMount::Kind::kSecret,
                     .target = "/run/secrets/token",
                     .secret_value = kSecret}};
    EXPECT_TRUE(shell("echo pid > /run/app.pid; echo conf > /etc/app.conf; mkdir /empty").end.ok());
    EXPECT_THAT(names("/run"), ElementsAre("app.pid"));
    EXPECT_THAT(names("/etc"), ElementsAre("app.conf"));
    EXPECT_TRUE(root_.has("/empty"));
}

TEST_P(SandboxMounts, LeaveNoStubsAfterAFailedStart) {
    spec_.mounts = {{.kind = SandboxMount::Kind::kTmpfs, .target = "/made/for/it"},
                    {.kind = SandboxMount::Kind::kTmpfs, .target = "/bin/busybox"}};
    EXPECT_FALSE(try_run({"/bin/true"}).has_value());
    EXPECT_FALSE(root_.has("/made"));
}

}  // namespace
}  // namespace slipway::exec
