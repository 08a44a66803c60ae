#include "source/internal/apt_sources.h"

#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

namespace slipway::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

std::vector<std::string> lines(const std::vector<AptEntry>& entries) {
    std::vector<std::string> result;
    for (const auto& entry : entries) result.push_back(entry.line());
    return result;
}

TEST(OneLineSources, KeepsBinaryArchivesWithTheirKeyring) {
    EXPECT_THAT(
        lines(
            parse_one_line_sources("# deb http://commented.example/ x main\n"
                                   "deb http://mirror.example/debian bookworm main contrib # note\n"
                                   "deb-src http://mirror.example/debian bookworm main\n"
                                   "deb\t[ arch=amd64  signed-by=/k.gpg ]\thttp://mirror.example/s "
                                   " bookworm-security  main\n"
                                   "deb [broken http://mirror.example/ x main\n"
                                   "deb http://only-uri.example/\n")),
        ElementsAre("deb http://mirror.example/debian bookworm main contrib",
                    "deb [signed-by=/k.gpg] http://mirror.example/s bookworm-security main"));
}

TEST(Deb822Sources, MultipliesUrisAndSuites) {
    EXPECT_THAT(
        lines(parse_deb822_sources(
            "Types: deb deb-src\n"
            "# a comment\n"
            "URIs: http://a.example/debian\n"
            "\thttp://b.example/debian\n"
            "Suites: bookworm bookworm-updates\n"
            "Components: main\n"
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
            "\n"
            "types: deb\nuris: http://off.example/\nsuites: x\ncomponents: main\nEnabled: no\n"
            "\n"
            "Types: deb-src\nURIs: http://source.example/\nSuites: x\nComponents: main\n"
            "\n"
            "Types: deb\nURIs: http://inline.example/\nSuites: x\nComponents: main\n"
            "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abcd\n")),
        ElementsAre("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                    "http://a.example/debian bookworm main",
                    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                    "http://a.example/debian bookworm-updates main",
                    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                    "http://b.example/debian bookworm main",
                    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                    "http://b.example/debian bookworm-updates main"));
}

AptMachine bookworm_machine() {
    return {
        .distribution = "debian",
        .suite = "bookworm",
        .entries = parse_one_line_sources(
            "deb http://m.example/debian bookworm main contrib\n"
            "deb http://m.example/debian bookworm-updates main\n"
            "deb http://m.example/debian bookworm-backports main\n"
            "deb http://m.example/debian-security bookworm-security main\n"
            "deb http://m.example/debian bookworm main contrib\n"
            "deb http://vendor.example/apt bookworm stable\n"
            "deb [signed-by=/etc/apt/keyrings/vendor.gpg] http://vendor.example/apt bookworm main\n"
            "deb http://vendor.example/apt vendor-bookworm main\n")};
}

TEST(ChooseEntries, TakesTheSuiteWithUpdatesAndSecurity) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto entries,
                                 choose_entries(bookworm_machine(), "debian", "bookworm"));
    EXPECT_THAT(lines(entries),
                ElementsAre("deb http://m.example/debian bookworm main contrib",
                            "deb http://m.example/debian bookworm-updates main",
                            "deb http://m.example/debian-security bookworm-security main"));
}

TEST(ChooseEntries, ReplacesTheSuiteForAnotherOfTheSameDistribution) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto entries,
                                 choose_entries(bookworm_machine(), "debian", "trixie"));
    EXPECT_THAT(lines(entries),
                ElementsAre("deb http://m.example/debian trixie main contrib",
                            "deb http://m.example/debian trixie-updates main",
                            "deb http://m.example/debian-security trixie-security main"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto unstable,
                                 choose_entries(bookworm_machine(), "debian", "sid"));
    EXPECT_THAT(lines(unstable), ElementsAre("deb http://m.example/debian sid main contrib"));
}

TEST(ChooseEntries, WorksWhereAptUsesAnAlias) {
    AptMachine machine = bookworm_machine();
    machine.entries = parse_one_line_sources(
        "deb http://m.example/debian stable main\ndeb http://m.example/s stable-security main\n");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto entries, choose_entries(machine, "debian", "bookworm"));
    EXPECT_THAT(lines(entries), ElementsAre("deb http://m.example/debian bookworm main",
                                            "deb http://m.example/s bookworm-security main"));
}

TEST(ChooseEntries, SaysHowToNameAMirror) {
    const auto other = choose_entries(bookworm_machine(), "ubuntu", "noble");
    EXPECT_THAT(other,
                FailsWith(ErrorCode::kInvalidInput,
                          HasSubstr("runs 'debian', so its apt knows no mirror for 'ubuntu'")));
    EXPECT_EQ(other.error().hint(), "name an archive with --mirror URL");
    AptMachine bare = bookworm_machine();
    bare.entries.clear();
    EXPECT_THAT(choose_entries(bare, "debian", "bookworm"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("name no archive of debian")));
}

TEST(AptMachine, ReadsBothFormsAndMirrorLists) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto dir, os::TempDir::create(::testing::TempDir(), "apt"));
    const std::string root = dir.path();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto empty, AptMachine::read(root));
    EXPECT_EQ(empty.distribution, "");
    EXPECT_THAT(empty.entries, IsEmpty());
    ASSERT_THAT(os::make_dirs(root + "/etc/apt/sources.list.d"), IsOk());
    ASSERT_THAT(os::write_file(root + "/etc/os-release",
                               "NAME=\"Some Linux\"\nVERSION_CODENAME=noble\nID=\"ubuntu\"\n"),
                IsOk());
    ASSERT_THAT(
        os::write_file(root + "/etc/apt/sources.list",
                       "deb cdrom:[disc]/ noble main\ndeb http://one.example/ubuntu noble main\n"),
        IsOk());
    ASSERT_THAT(os::write_file(root + "/etc/apt/sources.list.d/b.sources",
                               "Types: deb\nURIs: mirror+file:///etc/apt/mirrors.txt "
                               "mirror+file:/etc/none\nSuites: noble\nComponents: main\n"),
                IsOk());
    ASSERT_THAT(os::write_file(root + "/etc/apt/sources.list.d/off.list.disabled",
                               "deb http://off.example/ noble main\n"),
                IsOk());
    ASSERT_THAT(
        os::write_file(
            root + "/etc/apt/mirrors.txt",
            "# mirrors\nhttp://two.example/ubuntu\tpriority:1\nhttp://three.example/ubuntu\n"),
        IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto machine, AptMachine::read(root));
    EXPECT_EQ(machine.distribution, "ubuntu");
    EXPECT_EQ(machine.suite, "noble");
    EXPECT_THAT(lines(machine.entries), ElementsAre("deb http://one.example/ubuntu noble main",
                                                    "deb http://two.example/ubuntu noble main"));
}

}  // namespace
}  // namespace slipway::source
