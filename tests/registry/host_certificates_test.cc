#include "registry/internal/host_certificates.h"

#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace slipway::registry {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

class HostCertificatesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create(::testing::TempDir(), "certificates");
        ASSERT_THAT(made, IsOk());
        dir_.emplace(std::move(*made));
    }
    void write(const std::string& path, const std::string& text) {
        const std::string full = dir_->path() + "/" + path;
        ASSERT_THAT(os::make_dirs(full.substr(0, full.rfind('/'))), IsOk());
        ASSERT_THAT(os::write_file(full, text), IsOk());
    }
    Result<HostCertificates> load(const std::string& host, const std::string& port) {
        return load_host_certificates({dir_->path() + "/first", dir_->path() + "/second"}, host,
                                      port);
    }
    std::string authorities(const std::string& host, const std::string& port) {
        const auto found = load(host, port);
        EXPECT_THAT(found, IsOk());
        return found ? found->authorities : "";
    }

    std::optional<os::TempDir> dir_;
};

TEST_F(HostCertificatesTest, AreThoseOfTheHostAndPort) {
    write("second/example.com:5000/ca.crt", "A");
    write("second/example.com:5000/more.crt", "B");
    write("second/example.com:5000/readme.txt", "C");
    write("second/example.com/ca.crt", "D");
    EXPECT_EQ(authorities("example.com", "5000"), "A\nB\n");
    EXPECT_EQ(authorities("example.com", "443"), "D\n");
    EXPECT_EQ(authorities("example.com", "5001"), "");
    EXPECT_EQ(authorities("other.example.com", "443"), "");
    EXPECT_EQ(load("example.com", "5000")->certificate, "");
}

TEST_F(HostCertificatesTest, ThePortMayBeNamedThoughItIsTheUsualOne) {
    write("first/example.com:443/ca.crt", "A");
    EXPECT_EQ(authorities("example.com", "443"), "A\n");
}

TEST_F(HostCertificatesTest, TheFirstFolderThatKnowsTheHostCounts) {
    write("first/example.com/ca.crt", "A");
    write("second/example.com/ca.crt", "B");
    write("second/other.com/ca.crt", "C");
    EXPECT_EQ(authorities("example.com", "443"), "A\n");
    EXPECT_EQ(authorities("other.com", "443"), "C\n");
}

TEST_F(HostCertificatesTest, OurOwnNeedsItsKey) {
    write("first/example.com/client.cert", "certificate");
    EXPECT_THAT(load("example.com", "443"),
                FailsWith(ErrorCode::kInvalidInput,
                          HasSubstr("'" + dir_->path() + "/first/example.com/client.key'")));
    write("first/example.com/client.key", "key");
    const auto found = load("example.com", "443");
    ASSERT_THAT(found, IsOk());
    EXPECT_EQ(found->certificate, dir_->path() + "/first/example.com/client.cert");
    EXPECT_EQ(found->key, dir_->path() + "/first/example.com/client.key");
    EXPECT_EQ(found->authorities, "");
}

TEST_F(HostCertificatesTest, WhatCannotBeReadIsToldWithItsHost) {
    write("first/example.com/readme", "");
    std::filesystem::create_symlink("nowhere", dir_->path() + "/first/example.com/ca.crt");
    EXPECT_THAT(load("example.com", "443"),
                FailsWith(ErrorCode::kDenied, HasSubstr("certificates for 'example.com'")));
}

TEST_F(HostCertificatesTest, FoldersAreTheUsersThenTheMachines) {
    ::setenv("XDG_CONFIG_HOME", "/home/me/conf", 1);
    EXPECT_THAT(default_certificate_folders(),
                ::testing::ElementsAre("/home/me/conf/containers/certs.d",
                                       "/etc/containers/certs.d", "/etc/docker/certs.d"));
    ::unsetenv("XDG_CONFIG_HOME");
}

}  // namespace
}  // namespace slipway::registry
