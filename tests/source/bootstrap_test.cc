// Makes real root file systems from the distribution's archive: needs root, mmdebstrap and a mirror
// that answers.
#include "source/bootstrap.h"

#include "os/child.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"
#include "source/images.h"
#include "source/internal/apt_sources.h"
#include "support/result_matchers.h"
#include "support/test_image.h"

#include <thread>

namespace slipway::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::must;
using ::testing::Not;
using ::testing::StartsWith;

class LogSink final : public progress::Sink {
  public:
    void emit(const progress::Event& event) override {
        const std::lock_guard lock(mutex_);
        if (const auto* log = std::get_if<progress::StepLog>(&event)) text_ += log->text;
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

struct Machine {
    explicit Machine(const std::string& dir)
        : store(must(content::Store::open(dir, os::LockMode::kShared))) {}
    [[nodiscard]] BootstrapStores stores() { return {*store, blobs, names, layers, pool}; }

    async::ThreadPool pool{os::cpu_count()};
    std::unique_ptr<content::Store> store;
    content::BlobStore blobs{*store};
    content::ImageNames names{*store};
    snapshot::LayerStore layers{*store, blobs, pool};
};

class BootstrapTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!os::is_root()) GTEST_SKIP() << "needs root";
        if (!os::find_program("mmdebstrap")) GTEST_SKIP() << "mmdebstrap is not installed";
        host = must(AptMachine::read());
        if (host.distribution != "debian" && host.distribution != "ubuntu") {
            GTEST_SKIP() << "this machine runs neither Debian nor Ubuntu";
        }
        auto made = os::TempDir::create(::testing::TempDir(), "bootstrap");
        ASSERT_THAT(made, IsOk());
        dir = std::make_unique<os::TempDir>(std::move(*made));
    }
    [[nodiscard]] BootstrapOptions options() const {
        return {.distribution = host.distribution, .suite = host.suite};
    }
    /// A fresh store for each.
    Result<BootstrappedImage> run(const std::string& store, const BootstrapOptions& wanted) {
        machine = std::make_unique<Machine>(dir->path() + "/" + store);
        return bootstrap(wanted, machine->stores(), sink, Digest::of("step"));
    }
    static bool is_offline(const Result<BootstrappedImage>& image) {
        if (image) return false;
        const std::string text = image.error().to_string();
        return text.find("resolve") != std::string::npos ||
               text.find("connect") != std::string::npos;
    }

    AptMachine host;
    LogSink sink;
    std::unique_ptr<os::TempDir> dir;
    std::unique_ptr<Machine> machine;
};

TEST_F(BootstrapTest, TheSamePackagesGiveTheSameImage) {
    auto wanted = options();
    wanted.include = {"ca-certificates"};
    const auto first = run("one", wanted);
    if (is_offline(first)) GTEST_SKIP() << "no network: " << first.error().to_string();
    ASSERT_THAT(first, IsOk());
    EXPECT_THAT(sink.text(), HasSubstr("I: "));

    registry::Client client;
    Images images(*machine->store, machine->blobs, machine->names, machine->layers, client,
                  machine->pool);
    const std::string name = host.distribution + ":" + host.suite;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto pinned,
        images.resolve(name, {.architecture = os::machine_architecture()}, Pull::kNever));
    EXPECT_EQ(pinned.manifest_digest, first->manifest_digest);
    EXPECT_THAT(pinned.config.cmd, ElementsAre("bash"));
    EXPECT_TRUE(pinned.config.find_env("PATH").has_value());
    EXPECT_EQ(pinned.config.created, image::rfc3339(first->created));
    EXPECT_LT(first->created, os::now_unix_nanoseconds() / 1'000'000'000);
    EXPECT_THAT(pinned.config.history.at(0).created_by, HasSubstr("--include ca-certificates"));

    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto snapshot, images.unpack(pinned, sink, Digest()));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto view, machine->layers.view(snapshot));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto release,
                                 view.read_small_file("usr/lib/os-release", 1U << 16));
    EXPECT_THAT(release.value_or(""), HasSubstr("VERSION_CODENAME=" + host.suite));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto sources,
                                 view.read_small_file("etc/apt/sources.list", 1U << 16));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto chosen,
                                 choose_entries(host, host.distribution, host.suite));
    EXPECT_THAT(sources.value_or(""), HasSubstr(chosen[0].uri + " " + host.suite))
        << "the mirror that was used";
    EXPECT_TRUE(view.find("etc/ssl/certs/ca-certificates.crt").has_value());
    for (const auto* absent : {"etc/hostname", "etc/resolv.conf", "var/log/dpkg.log", "dev/null"}) {
        EXPECT_FALSE(view.find(absent).has_value()) << absent;
    }

    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto second, run("two", wanted));
    EXPECT_EQ(second.manifest_digest, first->manifest_digest);
}

TEST_F(BootstrapTest, AnUnknownPackageIsNamed) {
    auto wanted = options();
    wanted.include = {"there-is-no-such-package"};
    const auto image = run("one", wanted);
    if (is_offline(image)) GTEST_SKIP() << "no network: " << image.error().to_string();
    EXPECT_THAT(image, FailsWith(ErrorCode::kStepFailed, HasSubstr("there-is-no-such-package")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto names, machine->names.list());
    EXPECT_TRUE(names.empty());
}

TEST_F(BootstrapTest, AStopRequestEndsIt) {
    machine = std::make_unique<Machine>(dir->path() + "/store");
    std::stop_source stop;
    const std::jthread stopper([&] {
        // It has mounted /proc and the rest by then.
        while (sink.text().find("installing") == std::string::npos) std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_THAT(bootstrap(options(), machine->stores(), sink, Digest::of("step"), stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("cancelled")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto mounts, os::read_file("/proc/self/mounts"));
    EXPECT_THAT(mounts, Not(HasSubstr(dir->path())));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto look, machine->store->temp_dir("look"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto parent, os::Dir::open(look.path() + "/.."));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto files, parent.list(RelPath()));
    for (const auto& file : files) EXPECT_THAT(file.name, Not(StartsWith("bootstrap")));
}

TEST_F(BootstrapTest, WhatCannotWorkIsSaidBeforeAnythingRuns) {
    auto wanted = options();
    wanted.distribution = host.distribution == "debian" ? "ubuntu" : "debian";
    const auto other = run("one", wanted);
    EXPECT_THAT(other, FailsWith(ErrorCode::kInvalidInput,
                                 HasSubstr("apt knows no mirror for '" + wanted.distribution)));
    EXPECT_THAT(other.error().hint().value_or(""), HasSubstr("--mirror URL"));
    wanted.distribution = "fedora";
    EXPECT_THAT(run("one", wanted),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("'fedora' cannot be bootstrapped")));
    wanted = options();
    wanted.architecture = "s390x";
    EXPECT_THAT(run("one", wanted), FailsWith(ErrorCode::kUnsupported, HasSubstr("not for s390x")));
    wanted = options();
    wanted.suite = "--hook-dir=/tmp";
    EXPECT_THAT(run("one", wanted),
                FailsWith(ErrorCode::kUsage, HasSubstr("not the name of a suite")));
    wanted = options();
    wanted.mirrors = {"deb [signed-by=/none.gpg] http://mirror.example/debian bookworm main"};
    const auto keyless = run("one", wanted);
    EXPECT_THAT(keyless, FailsWith(ErrorCode::kResource, HasSubstr("keys of")));
    EXPECT_THAT(keyless.error().hint().value_or(""), HasSubstr("apt-get install"));
    EXPECT_EQ(sink.text(), "");
}

}  // namespace
}  // namespace slipway::source
