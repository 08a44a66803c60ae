#include "source/apt_packages.h"

#include "source/internal/apt_listing.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::source {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;

const std::string kHash(64, 'a');

std::string listed(const std::string& file, const std::string& hash = "SHA256:" + kHash) {
    return "'http://archive.example/pool/" + file + "' " + file + " 123 " + hash + "\n";
}

TEST(AptPackage, IsAWordAndPerhapsASuite) {
    auto package = AptPackage::parse("apt:ffmpeg");
    ASSERT_TRUE(package);
    EXPECT_EQ(package->name, "ffmpeg");
    EXPECT_EQ(package->suite, "");
    package = AptPackage::parse("apt:libstdc++/bookworm-backports");
    ASSERT_TRUE(package);
    EXPECT_EQ(package->name, "libstdc++");
    EXPECT_EQ(package->suite, "bookworm-backports");
    for (const char* wrong : {"apt:", "apt:-o", "apt:a b", "apt:a/", "apt:a/../b", "apt:a/.."}) {
        EXPECT_THAT(AptPackage::parse(wrong),
                    FailsWith(ErrorCode::kUsage, HasSubstr("names no source package")))
            << wrong;
    }
}

TEST(AptListing, TheUpstreamArchiveIsChosen) {
    const auto archive =
        choose_archive("NOTICE: 'ffmpeg' packaging is maintained elsewhere\n" +
                       listed("ffmpeg_5.1-0+deb12u1.dsc") + listed("ffmpeg_5.1.orig-extra.tar.xz") +
                       listed("ffmpeg_5.1.orig.tar.xz.asc") + listed("ffmpeg_5.1.orig.tar.xz") +
                       listed("ffmpeg_5.1-0+deb12u1.debian.tar.xz"));
    ASSERT_TRUE(archive) << archive.error().to_string();
    EXPECT_EQ(archive->url, "http://archive.example/pool/ffmpeg_5.1.orig.tar.xz");
    EXPECT_EQ(archive->digest.to_string(), "sha256:" + kHash);
}

TEST(AptListing, ANativePackageHasOneArchive) {
    const auto archive = choose_archive(listed("dpkg_1.21.dsc") + listed("dpkg_1.21.tar.xz"));
    ASSERT_TRUE(archive) << archive.error().to_string();
    EXPECT_EQ(archive->url, "http://archive.example/pool/dpkg_1.21.tar.xz");
}

TEST(AptListing, WhatCannotBeTakenIsRefused) {
    EXPECT_THAT(choose_archive("nothing\n'\n''\n"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no upstream archive")));
    EXPECT_THAT(choose_archive(listed("a_1.orig.tar.gz", "MD5Sum:00")),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("no SHA-256")));
    EXPECT_THAT(choose_archive("'file:/pool/a_1.orig.tar.gz' a_1.orig.tar.gz 1 SHA256:" + kHash),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("not fetched by http")));
}

TEST(AptListing, LinesAreOfSourcesAndKeepTheKeyring) {
    AptMachine machine;
    machine.distribution = "debian";
    machine.suite = "bookworm";
    for (const char* suite : {"bookworm", "bookworm-updates"}) {
        machine.entries.push_back({.uri = "http://archive.example/debian",
                                   .suite = suite,
                                   .components = {"main"},
                                   .signed_by = "/k/debian-archive-keyring.gpg"});
    }
    const std::string lead =
        "deb-src [signed-by=/k/debian-archive-keyring.gpg] http://archive.example/debian ";
    auto entries = source_entries(machine, "trixie");
    ASSERT_TRUE(entries) << entries.error().to_string();
    EXPECT_EQ(source_lines(*entries), lead + "trixie main\n" + lead + "trixie-updates main\n");
    entries = source_entries(machine, "bookworm-backports");
    ASSERT_TRUE(entries);
    EXPECT_EQ(source_lines(*entries), lead + "bookworm-backports main\n");

    machine.entries.clear();
    const auto none = source_entries(machine, "bookworm");
    EXPECT_THAT(none, FailsWith(ErrorCode::kInvalidInput, HasSubstr("no archive of debian")));
    EXPECT_FALSE(none.error().hint()) << "--mirror is no flag of builds";
}

}  // namespace
}  // namespace slipway::source
