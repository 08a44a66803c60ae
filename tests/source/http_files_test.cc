#include "source/http_files.h"

#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"
#include "snapshot/layer_store.h"
#include "support/loopback_server.h"
#include "support/recording_sink.h"
#include "support/result_matchers.h"

namespace slipway::source {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::HttpAnswer;
using testing::HttpAsked;
using testing::IsOk;
using testing::LoopbackServer;

constexpr auto* kDate = "Tue, 14 Nov 2023 22:13:20 GMT";

class HttpFilesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!os::is_root()) GTEST_SKIP() << "needs root: layers keep owners";
        auto dir = os::TempDir::create(::testing::TempDir(), "http");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
        reopen();
    }
    /// As another process would find the store.
    void reopen() {
        files_.reset();
        layers_.reset();
        blobs_.reset();
        store_.reset();
        auto store = content::Store::open(dir_->path() + "/store", os::LockMode::kShared);
        ASSERT_THAT(store, IsOk());
        store_ = *std::move(store);
        blobs_.emplace(*store_);
        layers_.emplace(*store_, *blobs_, pool_);
        files_.emplace(*store_, *layers_, pool_,
                       HttpFilesOptions{
                           .http = {},
                           .retries = {.retries = 3, .first_delay = std::chrono::milliseconds(1)}});
    }

    Result<std::optional<HttpContent>> resolve(const HttpFile& file,
                                               Download download = Download::kIfNeeded) {
        return files_->resolve(file, download, sink_, Digest(), {});
    }
    /// The one entry of the file's layer, with its text.
    Result<std::pair<snapshot::Entry, std::string>> get(const HttpFile& file) {
        SLIPWAY_ASSIGN(const auto content, resolve(file));
        SLIPWAY_ASSIGN(const auto id, files_->layer(file, *content, sink_, Digest(), {}));
        SLIPWAY_ASSIGN(const auto layer, layers_->load(id));
        const auto entries = layer->manifest().entries();
        if (entries.size() != 2) return Error(ErrorCode::kInternal, "not one file in the layer");
        SLIPWAY_ASSIGN(const auto path, RelPath::parse(entries[1].path));
        SLIPWAY_ASSIGN(const auto fd, layer->root().open_file(path));
        os::FdReader reader(fd);
        SLIPWAY_ASSIGN(auto text, read_text(reader, 64U << 20));
        return std::pair(entries[1], std::move(text));
    }

    std::optional<os::TempDir> dir_;
    async::ThreadPool pool_{2};
    std::unique_ptr<content::Store> store_;
    std::optional<content::BlobStore> blobs_;
    std::optional<snapshot::LayerStore> layers_;
    std::optional<HttpFiles> files_;
    progress::NullSink sink_;
};

TEST_F(HttpFilesTest, AFileHasTheReferencesModeNameAndTime) {
    LoopbackServer server([](const HttpAsked&) {
        return HttpAnswer{.headers = {{"Last-Modified", kDate}}, .body = "hello"};
    });
    const auto got = get({.url = "http://" + server.host() + "/dir/file.txt?x=y"});
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->first.path, "file.txt");
    EXPECT_EQ(got->first.mode & 07777U, 0600U);
    EXPECT_EQ(got->first.mtime, (os::Timestamp{1700000000, 0}));
    EXPECT_EQ(got->second, "hello");
    EXPECT_EQ(server.count("/"), 1U);
}

TEST_F(HttpFilesTest, WithoutATimeItIsTheEpoch) {
    LoopbackServer server([](const HttpAsked&) { return HttpAnswer{.body = "x"}; });
    const auto got = get({.url = "http://" + server.host() + "/f"});
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->first.mtime, os::Timestamp());
}

TEST_F(HttpFilesTest, TheServersNameCountsUnlessOneIsGiven) {
    LoopbackServer server([](const HttpAsked&) {
        return HttpAnswer{
            .headers = {{"Content-Disposition", "attachment; filename=\"../../etc/passwd\""}},
            .body = "x"};
    });
    const std::string url = "http://" + server.host() + "/f";
    const auto own = get({.url = url});
    ASSERT_THAT(own, IsOk());
    EXPECT_EQ(own->first.path, "passwd");
    const auto given = get({.url = url, .name = "given"});
    ASSERT_THAT(given, IsOk());
    EXPECT_EQ(given->first.path, "given");
}

TEST_F(HttpFilesTest, AnUnchangedFileIsNotDownloadedAgain) {
    LoopbackServer server([](const HttpAsked& asked) {
        if (asked.header("if-none-match") == "\"v1\"") return HttpAnswer{.status = 304};
        return HttpAnswer{.headers = {{"ETag", "\"v1\""}}, .body = "hello"};
    });
    const HttpFile file{.url = "http://" + server.host() + "/f"};
    ASSERT_THAT(get(file), IsOk());
    ASSERT_THAT(get(file), IsOk());
    EXPECT_EQ(server.count("/"), 1U) << "one process asks once";
    reopen();
    const auto again = get(file);
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->second, "hello");
    EXPECT_EQ(server.count("/"), 2U);
    EXPECT_EQ(server.asked()[1].header("if-none-match"), "\"v1\"");
}

TEST_F(HttpFilesTest, TheTimeOfLastChangeServesWithoutAnETag) {
    LoopbackServer server([](const HttpAsked& asked) {
        if (asked.header("if-modified-since") == kDate) return HttpAnswer{.status = 304};
        return HttpAnswer{.headers = {{"Last-Modified", kDate}}, .body = "hello"};
    });
    const HttpFile file{.url = "http://" + server.host() + "/f"};
    ASSERT_THAT(get(file), IsOk());
    reopen();
    ASSERT_THAT(get(file), IsOk());
    EXPECT_EQ(server.asked()[1].header("if-modified-since"), kDate);
}

TEST_F(HttpFilesTest, AServerThatDoesNotCompareETagsIsNotReadFrom) {
    LoopbackServer server([](const HttpAsked&) {
        return HttpAnswer{.headers = {{"ETag", "W/\"v1\""}}, .body = std::string(8U << 20, 'x')};
    });
    const HttpFile file{.url = "http://" + server.host() + "/f"};
    ASSERT_THAT(resolve(file), IsOk());
    reopen();
    const auto again = resolve(file);
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ((*again)->digest, Digest::of(std::string(8U << 20, 'x')));
}

TEST_F(HttpFilesTest, AChangedFileIsSeen) {
    std::string body = "one";
    LoopbackServer server([&body](const HttpAsked&) {
        return HttpAnswer{.headers = {{"ETag", "\"" + body + "\""}}, .body = body};
    });
    const HttpFile file{.url = "http://" + server.host() + "/f"};
    ASSERT_THAT(get(file), IsOk());
    body = "two";
    reopen();
    const auto unasked = resolve(file, Download::kNever);
    ASSERT_THAT(unasked, IsOk());
    EXPECT_FALSE(unasked->has_value()) << "a dry run does not download";
    const auto got = get(file);
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->second, "two");
}

TEST_F(HttpFilesTest, AChecksumNeedsNoNetworkWhenTheContentIsHere) {
    std::optional<LoopbackServer> server(
        std::in_place, [](const HttpAsked&) { return HttpAnswer{.body = "hello"}; });
    const HttpFile file{.url = "http://" + server->host() + "/f", .checksum = Digest::of("hello")};
    ASSERT_THAT(get(file), IsOk());
    server.reset();
    reopen();
    const auto other =
        get({.url = "http://127.0.0.1:1/other", .checksum = Digest::of("hello"), .mode = 0644});
    ASSERT_THAT(other, IsOk());
    EXPECT_EQ(other->first.path, "other");
    EXPECT_EQ(other->first.mode & 07777U, 0644U);
    EXPECT_EQ(other->second, "hello");
}

TEST_F(HttpFilesTest, AWrongChecksumIsCorruptAndNothingIsKept) {
    LoopbackServer server([](const HttpAsked&) { return HttpAnswer{.body = "evil"}; });
    const HttpFile file{.url = "http://" + server.host() + "/f", .checksum = Digest::of("good")};
    EXPECT_THAT(get(file),
                FailsWith(ErrorCode::kCorrupt, HasSubstr(Digest::of("evil").to_string())));
    EXPECT_THAT(layers_->list(), testing::IsOkAndHolds(::testing::IsEmpty()));
}

TEST_F(HttpFilesTest, ABrokenTransferGoesOnWhereItStopped) {
    const std::string body(3U << 20, 'y');
    int calls = 0;
    LoopbackServer server([&](const HttpAsked& asked) {
        HttpAnswer answer{.headers = {{"ETag", "\"v\""}}, .body = body};
        if (++calls == 1) {
            answer.cut_after = 1U << 20;
            return answer;
        }
        const std::string range = asked.header("range");
        EXPECT_TRUE(range.starts_with("bytes=")) << range;
        EXPECT_EQ(asked.header("if-range"), "\"v\"");
        const auto start = parse_uint(split_once(range.substr(6), '-')->first).value();
        answer.status = 206;
        answer.headers.emplace_back(
            "Content-Range", fmt::format("bytes {}-{}/{}", start, body.size() - 1, body.size()));
        answer.body = body.substr(start);
        return answer;
    });
    const auto content = resolve({.url = "http://" + server.host() + "/f"});
    ASSERT_THAT(content, IsOk());
    EXPECT_EQ((*content)->digest, Digest::of(body));
    EXPECT_EQ(calls, 2);
}

TEST_F(HttpFilesTest, AFileThatChangesInBetweenIsReadFromItsBeginning) {
    int calls = 0;
    LoopbackServer server([&](const HttpAsked&) {
        HttpAnswer answer{.headers = {{"ETag", fmt::format("\"{}\"", ++calls)}},
                          .body = std::string(1U << 20, static_cast<char>('a' + calls))};
        if (calls == 1) answer.cut_after = 1000;
        return answer;
    });
    const auto content = resolve({.url = "http://" + server.host() + "/f"});
    ASSERT_THAT(content, IsOk());
    EXPECT_EQ((*content)->digest, Digest::of(std::string(1U << 20, 'c')));
}

TEST_F(HttpFilesTest, ABadStatusIsToldWithTheUrlWithoutItsSecrets) {
    LoopbackServer server([](const HttpAsked&) { return HttpAnswer{.status = 404}; });
    const auto got = get({.url = "http://me:pw@" + server.host() + "/f?token=hunter2"});
    EXPECT_THAT(
        got, FailsWith(ErrorCode::kUnavailable, HasSubstr("'http://xxxxx:xxxxx@" + server.host() +
                                                          "/f' answers with status 404")));
    EXPECT_EQ(server.count("/"), 1U) << "there is no use in asking again";
}

TEST_F(HttpFilesTest, AServerInTroubleIsAskedAgain) {
    int calls = 0;
    LoopbackServer server([&calls](const HttpAsked&) {
        return ++calls < 3 ? HttpAnswer{.status = 503} : HttpAnswer{.body = "hello"};
    });
    EXPECT_THAT(get({.url = "http://" + server.host() + "/f"}), IsOk());
}

TEST_F(HttpFilesTest, CredentialsGoToTheirServerAlone) {
    LoopbackServer other([](const HttpAsked&) { return HttpAnswer{.body = "hello"}; });
    LoopbackServer server([&other](const HttpAsked&) {
        return HttpAnswer{.status = 302,
                          .headers = {{"Location", "http://" + other.host() + "/moved"}}};
    });
    const auto got =
        get({.url = "http://" + server.host() + "/f", .authorization = "Bearer hunter2"});
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->first.path, "f");
    EXPECT_EQ(server.asked()[0].header("authorization"), "Bearer hunter2");
    EXPECT_EQ(other.asked()[0].header("authorization"), "");
}

TEST_F(HttpFilesTest, ARedirectToAFileIsNotFollowed) {
    LoopbackServer server([](const HttpAsked&) {
        return HttpAnswer{.status = 302, .headers = {{"Location", "file:///etc/passwd"}}};
    });
    EXPECT_THAT(get({.url = "http://" + server.host() + "/f"}),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("not safe to follow")));
}

TEST_F(HttpFilesTest, WhatCameOnStandardInputIsFoundByItsContent) {
    MemoryReader data(std::string_view("context"));
    const auto digest = files_->put(data, "context", {});
    ASSERT_THAT(digest, IsOk());
    EXPECT_EQ(*digest, Digest::of("context"));
    const auto got =
        get({.url = "http://nowhere.invalid/context", .checksum = *digest, .name = "context"});
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->second, "context");
}

TEST_F(HttpFilesTest, PruneForgetsWhatPointsToNothing) {
    LoopbackServer server([](const HttpAsked& asked) {
        return HttpAnswer{.headers = {{"ETag", "\"v\""}}, .body = asked.target};
    });
    const HttpFile kept{.url = "http://" + server.host() + "/kept"};
    const HttpFile gone{.url = "http://" + server.host() + "/gone"};
    ASSERT_THAT(get(kept), IsOk());
    const auto content = resolve(gone);
    ASSERT_THAT(content, IsOk());
    const auto unused = files_->layer(gone, **content, sink_, Digest(), {});
    ASSERT_THAT(unused, IsOk());
    const std::string folder = dir_->path() + "/store/downloads";
    ASSERT_THAT(os::write_file(folder + "/url-torn", "{"), IsOk());
    const auto names = [&folder] { return os::Dir::open(folder)->list({})->size(); };
    ASSERT_EQ(names(), 5U);

    const auto keeps = [&](const snapshot::LayerId& id) { return id != *unused; };
    const auto counted = files_->prune(keeps, content::Prune::kCount);
    ASSERT_THAT(counted, IsOk());
    EXPECT_EQ(names(), 5U) << "counting removes nothing";
    EXPECT_GT(*counted, unused->size());
    EXPECT_THAT(files_->prune(keeps, content::Prune::kRemove), testing::IsOkAndHolds(*counted));
    EXPECT_EQ(names(), 2U);
    EXPECT_THAT(files_->prune(keeps, content::Prune::kRemove), testing::IsOkAndHolds(0U));
    reopen();
    ASSERT_THAT(get(kept), IsOk());
    EXPECT_EQ(server.asked().back().header("if-none-match"), "\"v\"") << "what is kept is known";
    ASSERT_THAT(get(gone), IsOk());
    EXPECT_EQ(server.asked().back().header("if-none-match"), "");
}

TEST(SafeFileName, IsOneComponent) {
    EXPECT_EQ(safe_file_name(" a/b "), "b");
    for (const char* name : {"", ".", "..", "/", "a/..", "a\nb"})
        EXPECT_EQ(safe_file_name(name), "download") << name;
    EXPECT_EQ(safe_file_name(std::string(256, 'x')), "download");
}

TEST(DispositionFileName, IsTheParameterOfThatName) {
    EXPECT_EQ(disposition_file_name("attachment; filename=a.txt"), "a.txt");
    EXPECT_EQ(disposition_file_name("attachment; FileName=\"a b.txt\"; x=y"), "a b.txt");
    EXPECT_EQ(disposition_file_name("inline"), "");
    EXPECT_EQ(disposition_file_name("attachment; filename=dir/"), "");
}

}  // namespace
}  // namespace slipway::source
