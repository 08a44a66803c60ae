#include "registry/client.h"

#include "os/file.h"
#include "os/temp.h"
#include "registry/internal/credentials.h"
#include "support/loopback_server.h"
#include "support/result_matchers.h"

#include <thread>

namespace slipway::registry {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::HttpAnswer;
using testing::HttpAsked;
using testing::IsOk;
using testing::LoopbackServer;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto* kManifestText = R"({"schemaVersion":2})";

/// 3 MiB of text in which every place differs.
const std::string& big_text() {
    static const std::string text = [] {
        std::string made;
        for (int i = 0; made.size() < (3U << 20); ++i) made += fmt::format("{},", i);
        return made;
    }();
    return text;
}

image::Descriptor blob_of(const std::string& text) {
    image::Descriptor blob;
    blob.media_type = image::kOciLayer;
    blob.digest = Digest::of(text);
    blob.size = text.size();
    return blob;
}

HttpAnswer manifest_answer() {
    return {.headers = {{"Content-Type", std::string(image::kOciManifest)}}, .body = kManifestText};
}

/// As a registry that knows ranges would answer.
HttpAnswer blob_answer(const HttpAsked& asked, const std::string& text) {
    const std::string range = asked.header("range");
    if (!range.starts_with("bytes=")) return {.body = text};
    const auto start = parse_uint(split_once(range.substr(6), '-')->first).value();
    return {.status = 206,
            .headers = {{"Content-Range",
                         fmt::format("bytes {}-{}/{}", start, text.size() - 1, text.size())}},
            .body = text.substr(start)};
}

class ClientTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create(::testing::TempDir(), "client");
        ASSERT_THAT(made, IsOk());
        config = std::make_unique<os::TempDir>(std::move(*made));
    }
    [[nodiscard]] ClientOptions options() const {
        return {.docker_config_dir = config->path(),
                .first_retry_delay = std::chrono::milliseconds(2)};
    }
    static image::ImageRef ref(const LoopbackServer& server, const std::string& tag = "1") {
        return {.registry = server.host(), .repository = "team/app", .tag = tag, .digest = {}};
    }
    void write_auth(const LoopbackServer& server, const std::string& entry) {
        ASSERT_THAT(
            os::write_file(config->path() + "/config.json",
                           fmt::format(R"({{"auths": {{"{}": {}}}}})", server.host(), entry)),
            IsOk());
    }
    std::unique_ptr<os::TempDir> config;
};

TEST_F(ClientTest, FetchesAManifestByTag) {
    LoopbackServer server([](const HttpAsked&) { return manifest_answer(); });
    Client client(options());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto manifest, client.fetch_manifest(ref(server)));
    EXPECT_EQ(manifest.bytes, kManifestText);
    EXPECT_EQ(manifest.media_type, image::kOciManifest);
    EXPECT_EQ(manifest.digest, Digest::of(kManifestText));
    const auto asked = server.asked();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].target, "/v2/team/app/manifests/1");
    EXPECT_THAT(asked[0].header("accept"), HasSubstr(std::string(image::kDockerManifestList)));
    EXPECT_THAT(asked[0].header("accept"), Not(HasSubstr("manifest.v1+prettyjws")));
}

TEST_F(ClientTest, VerifiesTheDigestOfAManifest) {
    LoopbackServer server([](const HttpAsked&) { return manifest_answer(); });
    Client client(options());
    auto pinned = ref(server);
    pinned.digest = Digest::of(kManifestText);
    EXPECT_THAT(client.fetch_manifest(pinned), IsOk());
    EXPECT_EQ(server.asked().back().target, "/v2/team/app/manifests/" + pinned.digest->to_string());
    pinned.digest = Digest::of("another");
    EXPECT_THAT(client.fetch_manifest(pinned),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("not the one asked for")));
}

TEST_F(ClientTest, RefusesAManifestThatIsTooLarge) {
    LoopbackServer server(
        [](const HttpAsked&) { return HttpAnswer{.body = std::string((16U << 20) + 1, ' ')}; });
    Client client(options());
    EXPECT_THAT(client.fetch_manifest(ref(server)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("larger than 16 MiB")));
}

TEST_F(ClientTest, StatusesBecomeErrorsByWhatToDo) {
    int status = 404;
    LoopbackServer server([&](const HttpAsked&) {
        return HttpAnswer{
            .status = status,
            .body = R"({"errors":[{"code":"SOME_CODE","message":"said\u001b[1m so"}]})"};
    });
    Client client(options());
    const auto missing = client.fetch_manifest(ref(server));
    EXPECT_THAT(
        missing,
        FailsWith(ErrorCode::kNotFound,
                  HasSubstr("/v2/team/app/manifests/1' does not exist (some_code: said[1m so)")));
    status = 403;
    const auto denied = client.fetch_manifest(ref(server));
    EXPECT_THAT(denied, FailsWith(ErrorCode::kDenied, HasSubstr("access denied")));
    EXPECT_THAT(denied.error().hint().value_or(""), HasSubstr("docker login " + server.host()));
    status = 401;
    EXPECT_THAT(client.fetch_manifest(ref(server)),
                FailsWith(ErrorCode::kDenied, HasSubstr("access denied")));
    EXPECT_EQ(server.asked().size(), 3U) << "nothing of this is worth a second try";
    status = 400;
    EXPECT_THAT(client.fetch_manifest(ref(server)),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("status 400")));
    EXPECT_EQ(server.asked().size(), 4U);
}

TEST_F(ClientTest, TriesAgainAfterServerErrorsAndRateLimits) {
    int count = 0;
    LoopbackServer server([&](const HttpAsked&) {
        ++count;
        if (count == 1) return HttpAnswer{.status = 500};
        if (count == 2) return HttpAnswer{.status = 429, .headers = {{"Retry-After", "1"}}};
        if (count == 3) return HttpAnswer{.body = kManifestText, .cut_after = 5};
        return manifest_answer();
    });
    Client client(options());
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk());
    EXPECT_EQ(count, 4);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1))
        << "Retry-After counts";
}

TEST_F(ClientTest, GivesUpAfterTheGivenRetries) {
    LoopbackServer server([](const HttpAsked&) { return HttpAnswer{.status = 503}; });
    auto two = options();
    two.retries = 2;
    Client client(two);
    EXPECT_THAT(client.fetch_manifest(ref(server)),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("status 503")));
    EXPECT_EQ(server.asked().size(), 3U);
}

TEST_F(ClientTest, NobodyThereIsUnavailable) {
    std::string host;
    {
        host = LoopbackServer([](const HttpAsked&) { return HttpAnswer(); }).host();
    }
    Client client(options());
    EXPECT_THAT(
        client.fetch_manifest({.registry = host, .repository = "a", .tag = "1", .digest = {}}),
        FailsWith(ErrorCode::kUnavailable, HasSubstr("http://" + host + "/v2/a/manifests/1'")));
}

TEST_F(ClientTest, ResumesABrokenTransferWhereItStopped) {
    int count = 0;
    LoopbackServer server([&](const HttpAsked& asked) {
        HttpAnswer answer = blob_answer(asked, big_text());
        if (++count <= 3) answer.cut_after = 500'000;
        return answer;
    });
    Client client(options());
    StringWriter sink;
    std::uint64_t told = 0;
    ASSERT_THAT(client.fetch_blob(ref(server), blob_of(big_text()), sink, {},
                                  [&](std::uint64_t bytes) { told = bytes; }),
                IsOk());
    EXPECT_EQ(sink.text(), big_text());
    EXPECT_EQ(told, big_text().size());
    const auto asked = server.asked();
    ASSERT_EQ(asked.size(), 4U);
    EXPECT_EQ(asked[0].header("range"), "");
    EXPECT_EQ(asked[1].header("range"), "bytes=500000-");
    EXPECT_EQ(asked[3].header("range"), "bytes=1500000-");
}

TEST_F(ClientTest, BreaksAfterMuchProgressDoNotCountAgainstTheRetries) {
    int count = 0;
    LoopbackServer server([&](const HttpAsked& asked) {
        HttpAnswer answer = blob_answer(asked, big_text());
        if (++count <= 2) answer.cut_after = 1'400'000;
        return answer;
    });
    auto one = options();
    one.retries = 1;
    Client client(one);
    StringWriter sink;
    EXPECT_THAT(client.fetch_blob(ref(server), blob_of(big_text()), sink), IsOk());
    EXPECT_EQ(sink.text(), big_text());
}

TEST_F(ClientTest, StartsAgainWhereTheServerDoesNotDoRanges) {
    int count = 0;
    LoopbackServer server([&](const HttpAsked&) {
        HttpAnswer answer{.body = big_text()};
        if (++count <= 2) answer.cut_after = 1000U * static_cast<unsigned>(3 - count);
        return answer;
    });
    Client client(options());
    StringWriter sink;
    ASSERT_THAT(client.fetch_blob(ref(server), blob_of(big_text()), sink), IsOk());
    EXPECT_EQ(sink.text(), big_text()) << "what the sink had was skipped";
}

TEST_F(ClientTest, StartsAgainAfterAWrongOrRefusedRange) {
    for (const int wrong_status : {206, 416}) {
        int count = 0;
        LoopbackServer server([&](const HttpAsked& asked) {
            ++count;
            if (count == 1) return HttpAnswer{.body = big_text(), .cut_after = 1000};
            if (asked.header("range").empty()) return HttpAnswer{.body = big_text()};
            return HttpAnswer{.status = wrong_status,
                              .headers = {{"Content-Range", "bytes 0-3/4"}},
                              .body = "evil"};
        });
        Client client(options());
        StringWriter sink;
        ASSERT_THAT(client.fetch_blob(ref(server), blob_of(big_text()), sink), IsOk())
            << wrong_status;
        EXPECT_EQ(sink.text(), big_text());
        EXPECT_EQ(count, 3);
    }
}

TEST_F(ClientTest, RefusesMoreDataThanTheDescriptorSays) {
    LoopbackServer server(
        [](const HttpAsked&) { return HttpAnswer{.body = "longer than it should be"}; });
    Client client(options());
    auto blob = blob_of("longer");
    StringWriter sink;
    EXPECT_THAT(client.fetch_blob(ref(server), blob, sink),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("more data than the 6 bytes")));
}

TEST_F(ClientTest, ShortAnswersAreTriedAgainAndThenAnError) {
    LoopbackServer server([](const HttpAsked& asked) {
        return asked.header("range").empty() ? HttpAnswer{.body = "abc"}
                                             : HttpAnswer{.status = 416};
    });
    Client client(options());
    StringWriter sink;
    EXPECT_THAT(client.fetch_blob(ref(server), blob_of("abcdef"), sink),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("ended after 3 of 6 bytes")));
}

TEST_F(ClientTest, AStalledTransferIsBrokenAndResumed) {
    int count = 0;
    LoopbackServer server([&](const HttpAsked& asked) {
        HttpAnswer answer = blob_answer(asked, big_text());
        if (++count == 1) {
            answer.cut_after = 700'000;
            answer.stall = true;
        }
        return answer;
    });
    auto quick = options();
    quick.stall_timeout = std::chrono::milliseconds(200);
    Client client(quick);
    StringWriter sink;
    ASSERT_THAT(client.fetch_blob(ref(server), blob_of(big_text()), sink), IsOk());
    EXPECT_EQ(sink.text(), big_text());
    EXPECT_EQ(server.asked().back().header("range"), "bytes=700000-");
}

TEST_F(ClientTest, AStopRequestEndsATransferAtOnce) {
    LoopbackServer server([](const HttpAsked&) {
        return HttpAnswer{.body = big_text(), .cut_after = 10, .stall = true};
    });
    Client client(options());
    StringWriter sink;
    std::stop_source stop;
    const auto start = std::chrono::steady_clock::now();
    std::jthread stopper([&] {
        while (server.count("/v2/team/app/blobs/") == 0) std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_THAT(client.fetch_blob(ref(server), blob_of(big_text()), sink, stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("cancelled")));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(900));
}

TEST_F(ClientTest, AnErrorOfTheSinkIsReturnedAsItIs) {
    class FullSink final : public Writer {
      public:
        Result<void> write(std::span<const std::byte>) override {
            return Error(ErrorCode::kResource, "disk full");
        }
    };
    LoopbackServer server([](const HttpAsked&) { return HttpAnswer{.body = "abc"}; });
    Client client(options());
    FullSink sink;
    EXPECT_THAT(client.fetch_blob(ref(server), blob_of("abc"), sink),
                FailsWith(ErrorCode::kResource, HasSubstr("disk full")));
    EXPECT_EQ(server.count("/v2/team/app/blobs/"), 1U);
}

TEST_F(ClientTest, RedirectsToAnotherHostGetNoCredentials) {
    LoopbackServer storage([](const HttpAsked&) { return HttpAnswer{.body = "abc"}; });
    LoopbackServer server([&](const HttpAsked& asked) {
        if (asked.header("authorization").empty()) {
            return HttpAnswer{.status = 401,
                              .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}};
        }
        if (asked.target.starts_with("/v2/"))
            return HttpAnswer{.status = 302, .headers = {{"Location", "/moved?token=x"}}};
        return HttpAnswer{
            .status = 307,
            .headers = {{"Location", "http://" + storage.host("localhost") + "/there?sig=s3cret"}}};
    });
    write_auth(server, R"({"auth": "dXNlcjpwYXNz"})");
    Client client(options());
    StringWriter sink;
    ASSERT_THAT(client.fetch_blob(ref(server), blob_of("abc"), sink), IsOk());
    EXPECT_EQ(sink.text(), "abc");
    EXPECT_EQ(server.asked().back().header("authorization"), "Basic dXNlcjpwYXNz")
        << "same origin keeps them";
    ASSERT_EQ(storage.asked().size(), 1U);
    EXPECT_EQ(storage.asked()[0].header("authorization"), "");
    EXPECT_EQ(storage.asked()[0].target, "/there?sig=s3cret");
}

TEST_F(ClientTest, RedirectsThatLoopOrLeaveHttpsAreRefused) {
    std::string location = "/again";
    LoopbackServer server([&](const HttpAsked&) {
        return HttpAnswer{.status = 302, .headers = {{"Location", location}}};
    });
    Client client(options());
    EXPECT_THAT(client.fetch_manifest(ref(server)),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("more than 10 redirects")));
    for (const auto* bad :
         {"http://example.com/x?sig=s3cret", "file:///etc/passwd", "ftp://example.com/"}) {
        location = bad;
        const auto result = client.fetch_manifest(ref(server));
        EXPECT_THAT(result, FailsWith(ErrorCode::kUnavailable, HasSubstr("not safe to follow")))
            << bad;
        EXPECT_THAT(result.error().to_string(), Not(HasSubstr("s3cret")));
    }
}

/// A registry and its token server in one.
HttpAnswer token_registry(const HttpAsked& asked, const std::string& host,
                          const std::string& token_json) {
    if (asked.target.starts_with("/token")) return {.body = token_json};
    if (asked.header("authorization") == "Bearer good") return manifest_answer();
    return {
        .status = 401,
        .headers = {
            {"WWW-Authenticate",
             fmt::format(
                 R"(Bearer realm="http://{}/token",service="the service",scope="repository:team/app:pull")",
                 host)}}};
}

TEST_F(ClientTest, GetsATokenAndKeepsIt) {
    std::string host;
    LoopbackServer server([&](const HttpAsked& asked) {
        return token_registry(asked, host, R"({"token":"good","expires_in":300})");
    });
    host = server.host();
    Client client(options());
    EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk());
    EXPECT_THAT(client.fetch_manifest(ref(server, "2")), IsOk());
    std::vector<std::string> targets;
    for (const auto& asked : server.asked()) targets.push_back(asked.method + " " + asked.target);
    EXPECT_THAT(targets,
                ElementsAre("GET /v2/team/app/manifests/1",
                            "GET /token?scope=repository%3Ateam%2Fapp%3Apull&service=the%20service",
                            "GET /v2/team/app/manifests/1", "GET /v2/team/app/manifests/2"));
    EXPECT_EQ(server.asked()[1].header("authorization"), "") << "nobody logged in";
}

TEST_F(ClientTest, ParallelRequestsShareOneToken) {
    std::string host;
    LoopbackServer server(
        [&](const HttpAsked& asked) { return token_registry(asked, host, R"({"token":"good"})"); });
    host = server.host();
    Client client(options());
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] { EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk()); });
        }
    }
    EXPECT_EQ(server.count("/token"), 1U);
}

TEST_F(ClientTest, LoginGoesToTheTokenServer) {
    std::string host;
    LoopbackServer server([&](const HttpAsked& asked) {
        return token_registry(asked, host, R"({"access_token":"good"})");
    });
    host = server.host();
    write_auth(server, R"({"auth": "dXNlcjpwYXNz"})");
    Client client(options());
    EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk());
    EXPECT_EQ(server.asked()[1].header("authorization"), "Basic dXNlcjpwYXNz");
    EXPECT_EQ(server.asked()[2].header("authorization"), "Bearer good");
}

TEST_F(ClientTest, IdentityTokensAreExchangedByPost) {
    std::string host;
    LoopbackServer server([&](const HttpAsked& asked) {
        return token_registry(asked, host, R"({"access_token":"good"})");
    });
    host = server.host();
    write_auth(server, R"({"identitytoken": "re fresh&"})");
    Client client(options());
    EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk());
    const auto asked = server.asked().at(1);
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.target, "/token");
    EXPECT_EQ(asked.body,
              "grant_type=refresh_token&service=the%20service&scope=repository%3Ateam%2Fapp%3Apull&"
              "client_id=slipway&refresh_token=re%20fresh%26");
}

TEST_F(ClientTest, AnExpiredTokenIsRenewedBeforeItIsRefused) {
    std::string host;
    LoopbackServer server([&](const HttpAsked& asked) {
        return token_registry(asked, host, R"({"token":"good","expires_in":1})");
    });
    host = server.host();
    Client client(options());
    EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk());
    std::this_thread::sleep_for(std::chrono::milliseconds(950));
    EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk());
    EXPECT_EQ(server.count("/token"), 2U);
    EXPECT_EQ(server.count("/v2/"), 3U) << "no second 401";
}

TEST_F(ClientTest, ATokenThatIsRefusedAfterAllIsRenewedOnce) {
    std::string host;
    int tokens = 0;
    LoopbackServer server([&](const HttpAsked& asked) {
        if (asked.target.starts_with("/token")) ++tokens;
        return token_registry(asked, host,
                              tokens == 2 ? R"({"token":"good"})" : R"({"token":"stale"})");
    });
    host = server.host();
    Client client(options());
    EXPECT_THAT(client.fetch_manifest(ref(server)),
                FailsWith(ErrorCode::kDenied, HasSubstr("access denied")));
    EXPECT_THAT(client.fetch_manifest(ref(server)), IsOk());
    EXPECT_EQ(tokens, 2);
}

TEST_F(ClientTest, ATokenServerThatRefusesIsAnswerEnough) {
    std::string host;
    LoopbackServer server([&](const HttpAsked& asked) {
        return asked.target.starts_with("/token") ? HttpAnswer{.status = 401}
                                                  : token_registry(asked, host, "");
    });
    host = server.host();
    Client client(options());
    const auto denied = client.fetch_manifest(ref(server));
    EXPECT_THAT(denied, FailsWith(ErrorCode::kDenied, HasSubstr("gives no token")));
    EXPECT_THAT(denied.error().hint().value_or(""), HasSubstr("docker login"));
}

TEST_F(ClientTest, CredentialsNeverGoToAPlainHttpTokenServerElsewhere) {
    LoopbackServer server([](const HttpAsked&) {
        return HttpAnswer{
            .status = 401,
            .headers = {{"WWW-Authenticate", R"(Bearer realm="http://example.com/token")"}}};
    });
    write_auth(server, R"({"auth": "dXNlcjpwYXNz"})");
    Client client(options());
    EXPECT_THAT(
        client.fetch_manifest(ref(server)),
        FailsWith(ErrorCode::kDenied, HasSubstr("'http://example.com/token', which is not HTTPS")));
}

TEST_F(ClientTest, WrongPasswordIsDeniedAfterOneTry) {
    LoopbackServer server([](const HttpAsked&) {
        return HttpAnswer{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}};
    });
    write_auth(server, R"({"auth": "dXNlcjpwYXNz"})");
    Client client(options());
    const auto denied = client.fetch_manifest(ref(server));
    EXPECT_THAT(denied, FailsWith(ErrorCode::kDenied, StartsWith("'http://" + server.host())));
    EXPECT_THAT(denied.error().to_string(), Not(HasSubstr("dXNlcjpwYXNz")));
    EXPECT_EQ(server.asked().size(), 2U);
}

TEST_F(ClientTest, ConnectionsAreKept) {
    LoopbackServer server([](const HttpAsked&) { return manifest_answer(); });
    Client client(options());
    for (int i = 0; i < 20; ++i) ASSERT_THAT(client.fetch_manifest(ref(server)), IsOk());
    EXPECT_LE(server.connections(), 3U) << "one to try TLS, one for the rest";
}

}  // namespace
}  // namespace slipway::registry
