#include "source/local_context.h"

#include "os/child.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace slipway::source {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

RelPath rel(std::string_view path) {
    return RelPath::in_root(path);
}

class LocalContextTest : public ::testing::Test {
  protected:
    LocalContextTest()
        : temp_(*os::TempDir::create(::testing::TempDir(), "context")),
          store_(*content::Store::open(temp_.path() + "/store", os::LockMode::kShared)),
          root_(*os::Dir::create(temp_.path() + "/project")) {}

    [[nodiscard]] std::string host(const std::string& path) const {
        return root_.host_path() + "/" + path;
    }
    void file(const std::string& path, std::string_view data = "data") {
        ASSERT_THAT(root_.make_dirs(rel(path).parent(), 0755), IsOk());
        ASSERT_THAT(os::write_file(host(path), data), IsOk());
    }
    Result<std::shared_ptr<LocalContext>> scan(ContextOptions options = {}) {
        options.host_path = root_.host_path();
        options.testing_only_now = now_;
        return LocalContext::scan(options, *store_, pool_);
    }
    std::shared_ptr<LocalContext> must_scan(ContextOptions options = {}) {
        auto context = scan(std::move(options));
        EXPECT_THAT(context, IsOk());
        return *context;
    }
    std::vector<std::string> paths(ContextOptions options = {}) {
        std::vector<std::string> paths;
        const auto context = must_scan(std::move(options));
        for (const auto& entry : context->manifest().entries()) paths.push_back(entry.path);
        return paths;
    }
    static Result<Digest> content(const LocalContext& context, const std::string& path) {
        const auto* entry = context.manifest().find(path);
        EXPECT_NE(entry, nullptr) << path;
        return context.content_of(*entry);
    }
    /// Files are remembered only when they are two seconds old: ctime cannot be set, but what is
    /// taken for now can.
    void all_files_are_old() { now_ = os::now_unix_nanoseconds() / 1'000'000'000 + 10; }
    [[nodiscard]] std::string cache_path() const {
        return store_->path("contexts/" + Digest::of(*os::real_path(root_.host_path())).hex());
    }

    os::TempDir temp_;
    std::unique_ptr<content::Store> store_;
    os::Dir root_;
    async::ThreadPool pool_{2};
    std::optional<std::int64_t> now_;
};

TEST_F(LocalContextTest, TellsEveryKindOfEntry) {
    file("src/main.c", "int main;");
    ASSERT_EQ(::chmod(host("src/main.c").c_str(), 04751), 0);
    ASSERT_THAT(root_.make_symlink("../anywhere", rel("src/link")), IsOk());
    ASSERT_THAT(root_.make_node(rel("pipe"), S_IFIFO | 0600, 0), IsOk());
    ASSERT_THAT(
        root_.set_times(rel("src/main.c"), {.seconds = 1}, {.seconds = 1234, .nanoseconds = 5678}),
        IsOk());

    const auto context = must_scan();
    EXPECT_THAT(paths(), ElementsAre("", "pipe", "src", "src/link", "src/main.c"));
    const auto* main_c = context->manifest().find("src/main.c");
    EXPECT_EQ(main_c->mode, S_IFREG | 04751U);
    EXPECT_EQ(main_c->size, 9U);
    EXPECT_EQ(main_c->mtime, (os::Timestamp{.seconds = 1234, .nanoseconds = 5678}));
    EXPECT_EQ(context->manifest().find("src/link")->link_target, "../anywhere");
    EXPECT_EQ(context->manifest().find("pipe")->mode, S_IFIFO | 0600U);
    EXPECT_THAT(content(*context, "src/main.c"), IsOkAndHolds(Digest::of("int main;")));
    EXPECT_FALSE(context->linkable());
}

TEST_F(LocalContextTest, EverythingBelongsToRoot) {
    file("file");
    if (::lchown(host("file").c_str(), 1234, 5678) != 0)
        GTEST_SKIP() << "only root can give files away";
    ASSERT_EQ(::chmod(root_.host_path().c_str(), 0700), 0);
    const auto context = must_scan();
    for (const auto& entry : context->manifest().entries()) {
        EXPECT_EQ(entry.uid, 0U) << entry.path;
        EXPECT_EQ(entry.gid, 0U) << entry.path;
    }
    EXPECT_EQ(context->manifest().find("")->mode, S_IFDIR | 0755U);
}

TEST_F(LocalContextTest, NamesOfOneFileAreKnown) {
    file("a", "same");
    file("c", "other");
    ASSERT_THAT(root_.link(root_, rel("a"), rel("b")), IsOk());
    ASSERT_THAT(root_.link(root_, rel("c"), rel("ignored")), IsOk());
    const auto context = must_scan({.ignore_patterns = {"ignored"}});
    EXPECT_NE(context->manifest().find("a")->hardlink, 0U);
    EXPECT_EQ(context->manifest().find("a")->hardlink, context->manifest().find("b")->hardlink);
    EXPECT_EQ(context->manifest().find("c")->hardlink, 0U) << "no other name is part of it";
    EXPECT_THAT(content(*context, "b"), IsOkAndHolds(Digest::of("same")));
    EXPECT_THAT(content(*context, "c"), IsOkAndHolds(Digest::of("other")));
}

TEST_F(LocalContextTest, SocketsAreLeftOut) {
    file("file");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = host("socket");
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    const os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_THAT(paths(), ElementsAre("", "file"));
}

TEST_F(LocalContextTest, IgnoredFilesAreNotThere) {
    for (const auto path : {"a.md", "src/a.c", "src/a.o", "node_modules/x/y.js", "docs/b.md"})
        file(path);
    EXPECT_THAT(paths({.ignore_patterns = {"node_modules", "**/*.o", "*.md"}}),
                ElementsAre("", "docs", "docs/b.md", "src", "src/a.c"));
}

TEST_F(LocalContextTest, AnIgnoredFolderIsNotEvenOpened) {
    file("huge/x");
    const os::Fd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    ASSERT_GE(::inotify_add_watch(watch.get(), host("huge").c_str(), IN_OPEN), 0);
    std::array<char, 4096> events;
    must_scan({.ignore_patterns = {"huge"}});
    EXPECT_LT(::read(watch.get(), events.data(), events.size()), 0) << "it was opened";
    must_scan({.follow_paths = {"other"}});
    EXPECT_LT(::read(watch.get(), events.data(), events.size()), 0) << "it was opened";
    must_scan();
    EXPECT_GT(::read(watch.get(), events.data(), events.size()), 0) << "the watch sees nothing";
}

TEST_F(LocalContextTest, AFolderThatCannotBeReadIsNamedWithAWayOut) {
    file("secret/x");
    ASSERT_EQ(::chmod(host("secret").c_str(), 0000), 0);
    ASSERT_EQ(::chmod(temp_.path().c_str(), 0755), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {  // as somebody else, for root can read everything
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
        async::ThreadPool pool(1);
        const auto context = LocalContext::scan({.host_path = root_.host_path()}, *store_, pool);
        const bool right =
            !context && context.error().code() == ErrorCode::kDenied &&
            context.error().to_string().find("secret") != std::string::npos &&
            context.error().hint().value_or("").find(".dockerignore") != std::string::npos;
        const auto without = LocalContext::scan(
            {.host_path = root_.host_path(), .ignore_patterns = {"secret"}}, *store_, pool);
        ::_exit(right && without ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(LocalContextTest, ExceptionsBringBackFilesAndTheirFolders) {
    for (const auto path : {"dir/keep/x", "dir/drop/y", "dir/z", "other/w"}) file(path);
    EXPECT_THAT(paths({.ignore_patterns = {"dir", "!dir/keep", "other"}}),
                ElementsAre("", "dir", "dir/keep", "dir/keep/x"));
    EXPECT_THAT(paths({.ignore_patterns = {"*", "!dir/missing"}}), ElementsAre(""));
}

TEST_F(LocalContextTest, OnlyFollowedPathsAreWalked) {
    for (const auto path : {"src/a.c", "src/b.h", "lib/sub/c", "other/d", "top.txt"}) file(path);
    EXPECT_THAT(paths({.follow_paths = {"lib", "src/*.h"}}),
                ElementsAre("", "lib", "lib/sub", "lib/sub/c", "src", "src/b.h"));
    EXPECT_THAT(paths({.ignore_patterns = {"lib/sub"}, .follow_paths = {"/lib/", "top.txt"}}),
                ElementsAre("", "lib", "top.txt"));
    EXPECT_THAT(paths({.follow_paths = {"*/nothing"}}), ElementsAre(""));
}

TEST_F(LocalContextTest, TheOrderIsThatOfAManifest) {
    for (const auto path : {"a/b", "a-b", "a.b", "a/b-c", "a/b.d/e", "A", "\xc3\xa4"}) {
        if (std::string_view(path) == "a/b") continue;
        file(path);
    }
    const auto found = paths();
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), snapshot::path_less));
    EXPECT_EQ(found.size(), 9U);
}

// Against GNU find, on a tree of many folders.
TEST_F(LocalContextTest, FindsWhatFindFinds) {
    for (int d = 0; d < 120; ++d) {
        for (int f = 0; f < 10; ++f) file(fmt::format("top{}/dir{}/file{}", d % 7, d, f));
    }
    if (!os::find_program("find")) GTEST_SKIP() << "there is no find";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto output,
        os::run_command({.argv = {"find", root_.host_path(), "-printf", "%P\\n"}}));
    std::vector<std::string> expected;
    for (std::size_t start = 0; start < output.out.size();) {
        const std::size_t end = output.out.find('\n', start);
        expected.push_back(output.out.substr(start, end - start));
        start = end + 1;
    }
    EXPECT_THAT(paths(), ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(LocalContextTest, DeepFoldersAreFine) {
    std::string path = "d";
    for (int i = 0; i < 300; ++i) path += "/d";
    ASSERT_THAT(root_.make_dirs(rel(path), 0755), IsOk());
    EXPECT_EQ(paths().size(), 302U);
}

TEST_F(LocalContextTest, AMissingContextIsNamed) {
    EXPECT_THAT(LocalContext::scan({.host_path = host("missing")}, *store_, pool_),
                FailsWith(ErrorCode::kNotFound, HasSubstr("missing")));
    file("file");
    EXPECT_THAT(LocalContext::scan({.host_path = host("file")}, *store_, pool_),
                FailsWith(ErrorCode::kNotFound, HasSubstr("Not a directory")));
}

TEST_F(LocalContextTest, AMalformedIgnorePatternIsInvalid) {
    EXPECT_THAT(scan({.ignore_patterns = {"a["}}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("a[")));
}

TEST_F(LocalContextTest, StopsWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THAT(
        LocalContext::scan({.host_path = root_.host_path()}, *store_, pool_, stop.get_token()),
        FailsWith(ErrorCode::kCancelled, HasSubstr("stopped")));
}

TEST_F(LocalContextTest, FilesOfAnySizeAreHashed) {
    for (const std::size_t size : {0UL, 1UL, 262'143UL, 262'144UL, 262'145UL, 3'000'000UL}) {
        const std::string data(size, 'x');
        file("file", data);
        EXPECT_THAT(content(*must_scan(), "file"), IsOkAndHolds(Digest::of(data))) << size;
    }
}

TEST_F(LocalContextTest, AFileThatChangesAfterTheScanIsAConflict) {
    for (const auto path : {"grown", "shrunk", "rewritten", "removed", "linked"})
        file(path, "before");
    const auto context = must_scan();
    file("grown", "before and after");
    file("shrunk", "b");
    file("rewritten", "behind");
    ASSERT_THAT(root_.unlink(rel("removed")), IsOk());
    ASSERT_THAT(root_.unlink(rel("linked")), IsOk());
    ASSERT_THAT(root_.make_symlink("/etc/passwd", rel("linked")), IsOk());
    for (const auto path : {"grown", "shrunk", "rewritten", "removed"}) {
        EXPECT_THAT(content(*context, path),
                    FailsWith(ErrorCode::kConflict,
                              HasSubstr(fmt::format("'{}' of the build context", path))));
    }
    EXPECT_FALSE(content(*context, "linked").has_value());
}

TEST_F(LocalContextTest, ManyThreadsMayAskForTheSameFile) {
    file("file", std::string(1'000'000, 'x'));
    const auto context = must_scan();
    const auto expected = Digest::of(std::string(1'000'000, 'x'));
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back(
            [&] { EXPECT_THAT(content(*context, "file"), IsOkAndHolds(expected)); });
    }
}

// Whether a file was read is told by a trick: the cache is taught a digest that no reading would
// give.
class StatCacheTest : public LocalContextTest {
  protected:
    void teach(const Digest& from, const Digest& to) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto data, os::read_file(cache_path()));
        const auto bytes = [](const Digest& digest) {
            return std::string(reinterpret_cast<const char*>(digest.bytes().data()),
                               Digest::kBytes);
        };
        const std::size_t at = data.find(bytes(from));
        ASSERT_NE(at, std::string::npos);
        data.replace(at, Digest::kBytes, bytes(to));
        data.resize(data.size() - Digest::kBytes);
        data += bytes(Digest::of(data));
        ASSERT_THAT(os::write_file(cache_path(), data), IsOk());
    }
    const Digest taught_ = Digest::of("what the cache was taught");
};

TEST_F(StatCacheTest, AFileIsHashedOnceUntilItChanges) {
    file("src/a", "content of a");
    file("src/b", "content of b");
    all_files_are_old();
    const auto first = must_scan();
    ASSERT_THAT(content(*first, "src/a"), IsOkAndHolds(Digest::of("content of a")));
    ASSERT_THAT(content(*first, "src/b"), IsOkAndHolds(Digest::of("content of b")));
    ASSERT_THAT(first->save(), IsOk());

    teach(Digest::of("content of a"), taught_);
    const auto second = must_scan();
    EXPECT_THAT(content(*second, "src/a"), IsOkAndHolds(taught_)) << "it was read again";

    file("src/a", "content of A");
    const auto third = must_scan();
    EXPECT_THAT(content(*third, "src/a"), IsOkAndHolds(Digest::of("content of A")));
    EXPECT_THAT(content(*third, "src/b"), IsOkAndHolds(Digest::of("content of b")));
}

TEST_F(StatCacheTest, AFileThatLooksTheSameButIsAnotherIsHashedAgain) {
    file("a", "content 1");
    const auto info = *root_.stat(rel("a"));
    all_files_are_old();
    const auto first = must_scan();
    ASSERT_THAT(content(*first, "a"), IsOk());
    ASSERT_THAT(first->save(), IsOk());
    file("a", "content 2");  // same size; and the same time of modification:
    ASSERT_THAT(root_.set_times(rel("a"), info.mtime, info.mtime), IsOk());
    EXPECT_THAT(content(*must_scan(), "a"), IsOkAndHolds(Digest::of("content 2")));
}

TEST_F(StatCacheTest, FreshFilesAreNotRemembered) {
    file("file", "content");
    for (const bool old : {false, true}) {
        if (old) all_files_are_old();
        const auto context = must_scan();
        ASSERT_THAT(content(*context, "file"), IsOkAndHolds(Digest::of("content")));
        ASSERT_THAT(context->save(), IsOk());
        EXPECT_EQ(os::path_exists(cache_path()), old);
    }
}

TEST_F(StatCacheTest, NothingLearntIsNothingWritten) {
    file("a", "content");
    all_files_are_old();
    const auto first = must_scan();
    ASSERT_THAT(first->save(), IsOk());
    EXPECT_FALSE(os::path_exists(cache_path()));
    ASSERT_THAT(content(*first, "a"), IsOk());
    ASSERT_THAT(first->save(), IsOk());
    ASSERT_TRUE(os::path_exists(cache_path()));
    const auto inode = os::Dir::open(store_->path("contexts"))
                           ->stat(rel(Digest::of(*os::real_path(root_.host_path())).hex()));
    const auto second = must_scan();
    ASSERT_THAT(content(*second, "a"), IsOk());
    ASSERT_THAT(second->save(), IsOk());
    const auto again = os::Dir::open(store_->path("contexts"))
                           ->stat(rel(Digest::of(*os::real_path(root_.host_path())).hex()));
    EXPECT_EQ(inode->inode, again->inode);
}

TEST_F(StatCacheTest, AScanOfSomePathsKeepsWhatIsKnownOfOthers) {
    for (const auto path : {"a/x", "b/y", "c/z"}) file(path, path);
    all_files_are_old();
    const auto all = must_scan();
    for (const auto path : {"a/x", "b/y"}) ASSERT_THAT(content(*all, path), IsOk());
    ASSERT_THAT(all->save(), IsOk());
    const auto some = must_scan({.ignore_patterns = {"a"}, .follow_paths = {"c"}});
    ASSERT_THAT(content(*some, "c/z"), IsOk());
    ASSERT_THAT(some->save(), IsOk());
    for (const auto path : {"a/x", "b/y", "c/z"}) {
        teach(Digest::of(path), taught_);
        EXPECT_THAT(content(*must_scan(), path), IsOkAndHolds(taught_)) << path;
        teach(taught_, Digest::of(path));
    }
}

TEST_F(StatCacheTest, RemovedFilesAreForgotten) {
    for (const auto path : {"gone", "stays", "new"}) file(path, path);
    all_files_are_old();
    const auto first = must_scan({.ignore_patterns = {"new"}});
    for (const auto path : {"gone", "stays"}) ASSERT_THAT(content(*first, path), IsOk());
    ASSERT_THAT(first->save(), IsOk());
    ASSERT_THAT(os::read_file(cache_path()), IsOkAndHolds(HasSubstr("gone")));
    ASSERT_THAT(root_.unlink(rel("gone")), IsOk());
    const auto second = must_scan();
    ASSERT_THAT(content(*second, "new"), IsOk());
    ASSERT_THAT(second->save(), IsOk());
    EXPECT_THAT(os::read_file(cache_path()), IsOkAndHolds(::testing::Not(HasSubstr("gone"))));
    EXPECT_THAT(os::read_file(cache_path()), IsOkAndHolds(HasSubstr("stays")));
}

TEST_F(StatCacheTest, ADamagedCacheIsOnlySlow) {
    file("a", "content");
    all_files_are_old();
    ASSERT_THAT(os::write_file(cache_path(), "not a cache"), IsOk());
    const auto context = must_scan();
    EXPECT_THAT(content(*context, "a"), IsOkAndHolds(Digest::of("content")));
    ASSERT_THAT(context->save(), IsOk());
    teach(Digest::of("content"), taught_);
    EXPECT_THAT(content(*must_scan(), "a"), IsOkAndHolds(taught_));
}

}  // namespace
}  // namespace slipway::source
