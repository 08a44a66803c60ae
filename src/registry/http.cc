#include "registry/http.h"

#include "base/check.h"
#include "base/log.h"
#include "base/scope_guard.h"
#include "base/text.h"
#include "os/file.h"
#include "os/system.h"
#include "registry/internal/host_certificates.h"
#include "registry/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

namespace slipway::registry {

namespace {

constexpr std::size_t kKeptBody = 64UL * 1024;
constexpr std::size_t kIdleConnections = 16;
constexpr int kMaxRedirects = 10;

struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// An easy handle with a multi handle of its own: the multi handle keeps the open connections and
/// can be woken from another thread, which makes a stop request immediate.
struct Connection {
    std::string origin;  ///< whom it talked to last
    std::unique_ptr<CURLM, MultiDeleter> multi;
    std::unique_ptr<CURL, EasyDeleter> easy;
};

bool is_redirect(const HttpResponse& response) {
    static constexpr std::array kStatuses = {301, 302, 303, 307, 308};
    return std::ranges::find(kStatuses, response.status) != kStatuses.end() &&
           response.find_header("location") != nullptr;
}

/// The state that libcurl's callbacks work on.
struct Transfer {
    Transfer(const ChooseSink& choose_sink, const std::stop_token& stop_token)
        : choose(choose_sink), stop(stop_token) {}

    const ChooseSink& choose;
    const std::stop_token& stop;
    HttpResponse response;
    Writer* sink = nullptr;
    bool chosen = false;
    std::optional<Error> error;  ///< of the sink or of choosing it

    Result<void> ensure_sink() {
        if (chosen || is_redirect(response)) return {};
        chosen = true;
        SLIPWAY_ASSIGN(sink, choose(response));
        return {};
    }

    Result<void> take_body(std::string_view data) {
        SLIPWAY_TRY(ensure_sink());
        if (sink != nullptr) return sink->write(data);
        response.body.append(data.substr(0, kKeptBody - std::min(kKeptBody, response.body.size())));
        return {};
    }

    void take_header(std::string_view line) {
        line = trim(line);
        if (line.starts_with("HTTP/")) {  // a new answer: after 100 Continue, for instance
            response.headers.clear();
            const auto status = split_once(line, ' ');
            response.status =
                status ? static_cast<int>(parse_uint(status->second.substr(0, 3)).value_or(0)) : 0;
        } else if (const auto field = split_once(line, ':')) {
            response.headers.emplace(to_lower(trim(field->first)), trim(field->second));
        }
    }
};

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* transfer) {
    static_cast<Transfer*>(transfer)->take_header({data, size * count});
    return size * count;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    if (transfer.stop.stop_requested()) return 0;
    if (auto taken = transfer.take_body({data, size * count}); !taken) {
        transfer.error = std::move(taken).error();
        return 0;
    }
    return size * count;
}

template <typename Value>
void set_option(CURL* easy, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy, option, value);
    SLIPWAY_CHECK(code == CURLE_OK, curl_easy_strerror(code));
}

/// How many bytes have come, of bodies and headers.
curl_off_t received(CURL* easy) {
    curl_off_t body = 0;
    long head = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
    return body + head;
}

/// The outcome of a transfer that is over, if it is.
std::optional<CURLcode> outcome_of(CURLM* multi) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    return std::nullopt;
}

/// Blocks until the transfer is over, nothing came for `stall_timeout`, or `stop` is asked (then
/// nothing is returned). A sink that blocks does not count as a stall.
std::optional<CURLcode> run(const Connection& connection, const std::stop_token& stop,
                            std::chrono::milliseconds stall_timeout) {
    using Clock = std::chrono::steady_clock;
    CURLM* multi = connection.multi.get();
    CURL* easy = connection.easy.get();
    curl_multi_add_handle(multi, easy);
    const ScopeGuard remove([&] { curl_multi_remove_handle(multi, easy); });
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    int running = 1;
    curl_off_t seen = -1;
    Clock::time_point deadline;
    while (!stop.stop_requested()) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        if (running == 0) return outcome_of(multi).value_or(CURLE_FAILED_INIT);
        const auto now = Clock::now();
        if (received(easy) != seen) {
            seen = received(easy);
            deadline = now + stall_timeout;
        }
        if (now >= deadline) return CURLE_OPERATION_TIMEDOUT;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
        curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min<std::int64_t>(left, 1000)),
                        nullptr);
    }
    return std::nullopt;
}

Error transport_error(CURLcode code, const std::string& url, std::string_view detail,
                      AttemptInfo& info) {
    const std::string text =
        fmt::format("'{}': {}", shown_url(url), detail.empty() ? curl_easy_strerror(code) : detail);
    switch (static_cast<int>(code)) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return Error(ErrorCode::kDenied, text)
                .hint(
                    "install the server's CA certificate, name its file in SSL_CERT_FILE, or, for "
                    "a registry, put it into /etc/docker/certs.d/HOST:PORT/ca.crt");
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return {ErrorCode::kInvalidInput, text};
        case CURLE_OUT_OF_MEMORY:
        case CURLE_FAILED_INIT:
            return {ErrorCode::kResource, text};
        default:
            info.again = true;
            info.refused = code == CURLE_COULDNT_CONNECT;
            return {ErrorCode::kUnavailable, text};
    }
}

bool may_follow(Redirects redirects, const Url& from, const Url& to) {
    if (to.scheme == "https") return true;
    if (to.scheme != "http") return false;
    switch (redirects) {
        case Redirects::kGuarded:
            return from.scheme == "http" && is_loopback(to.host);
        case Redirects::kNoDowngrade:
            return from.scheme == "http";
        case Redirects::kAny:
            return true;
    }
    return false;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(const std::string& text) {
    const time_t seconds = curl_getdate(text.c_str(), nullptr);
    if (seconds == -1) return std::nullopt;
    return seconds;
}

const std::string* HttpResponse::find_header(std::string_view name) const {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? nullptr : &found->second;
}

struct HttpClient::Impl {
    HttpOptions options;
    std::mutex mutex;
    std::vector<Connection> idle;
    std::map<std::string, HostCertificates> certificates;  ///< by "host:port"

    Result<HostCertificates> certificates_for(const Url& url) {
        if (url.scheme != "https" || options.certificate_folders.empty()) return HostCertificates();
        const std::string key = url.host + ":" + url.port;
        {
            const std::lock_guard lock(mutex);
            if (const auto known = certificates.find(key); known != certificates.end())
                return known->second;
        }
        SLIPWAY_ASSIGN(auto found,
                       load_host_certificates(options.certificate_folders, url.host, url.port));
        const std::lock_guard lock(mutex);
        return certificates.emplace(key, std::move(found)).first->second;
    }

    /// Whose certificates are good, when that is more than libcurl knows by itself.
    [[nodiscard]] std::string with_usual_authorities(const std::string& more) const {
        std::string usual = options.ca_file;
        if (usual.empty()) {
            const auto* about = curl_version_info(CURLVERSION_NOW);
            if (about->cainfo != nullptr) usual = about->cainfo;
        }
        const auto text = os::find_file(usual);
        return text && *text ? **text + "\n" + more : more;
    }

    /// One that talked to `origin` before, if there is any.
    Connection take(const std::string& origin) {
        const std::lock_guard lock(mutex);
        const auto found = std::ranges::find(idle, origin, &Connection::origin);
        if (found == idle.end()) {
            return {.origin = origin,
                    .multi = std::unique_ptr<CURLM, MultiDeleter>(curl_multi_init()),
                    .easy = std::unique_ptr<CURL, EasyDeleter>(curl_easy_init())};
        }
        Connection connection = std::move(*found);
        idle.erase(found);
        return connection;
    }

    void give_back(Connection connection) {
        curl_easy_reset(connection.easy.get());
        const std::lock_guard lock(mutex);
        if (idle.size() >= kIdleConnections) idle.erase(idle.begin());
        idle.push_back(std::move(connection));
    }

    /// `trusted`: authorities of whoever sent us to `url`.
    Result<HttpResponse> send_once(const HttpRequest& request, const Url& url,
                                   const std::string& trusted, const ChooseSink& choose,
                                   const std::stop_token& stop, AttemptInfo& info,
                                   std::string& redirect);
};

Result<HttpResponse> HttpClient::Impl::send_once(const HttpRequest& request, const Url& url,
                                                 const std::string& trusted,
                                                 const ChooseSink& choose,
                                                 const std::stop_token& stop, AttemptInfo& info,
                                                 std::string& redirect) {
    Connection connection = take(fmt::format("{}://{}:{}", url.scheme, url.host, url.port));
    CURL* easy = connection.easy.get();
    if (easy == nullptr || !connection.multi)
        return Error(ErrorCode::kResource, "libcurl cannot start");

    Transfer transfer(choose, stop);
    transfer.response.url = shown_url(request.url);
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl_slist* list = nullptr;
    for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
    if (!request.authorization.empty()) {
        list = curl_slist_append(list, ("Authorization: " + request.authorization).c_str());
    }
    const std::unique_ptr<curl_slist, ListDeleter> headers(list);

    set_option(easy, CURLOPT_URL, request.url.c_str());
    set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(easy, CURLOPT_HTTPHEADER, headers.get());
    set_option(easy, CURLOPT_USERAGENT, "slipway");
    set_option(easy, CURLOPT_NOSIGNAL, 1L);
    set_option(easy, CURLOPT_ERRORBUFFER, detail.data());
    set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_option(easy, CURLOPT_HEADERFUNCTION, on_header);
    set_option(easy, CURLOPT_HEADERDATA, &transfer);
    set_option(easy, CURLOPT_WRITEFUNCTION, on_body);
    set_option(easy, CURLOPT_WRITEDATA, &transfer);
    set_option(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
    const long connect_timeout = options.connect_timeout.count();
    set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout);
    SLIPWAY_ASSIGN(const HostCertificates own, certificates_for(url));
    std::string authorities = own.authorities == trusted ? trusted : own.authorities + trusted;
    if (!authorities.empty()) {
        authorities = with_usual_authorities(authorities);
        curl_blob blob{
            .data = authorities.data(), .len = authorities.size(), .flags = CURL_BLOB_COPY};
        set_option(easy, CURLOPT_CAINFO_BLOB, &blob);
    } else if (!options.ca_file.empty()) {
        set_option(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    }
    if (!own.certificate.empty()) {
        set_option(easy, CURLOPT_SSLCERT, own.certificate.c_str());
        set_option(easy, CURLOPT_SSLKEY, own.key.c_str());
    }
    if (request.certificate == Certificate::kIgnore) set_option(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    if (request.coding == BodyCoding::kGzip) set_option(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    if (is_loopback(url.host)) set_option(easy, CURLOPT_NOPROXY, "*");
    if (request.form) set_option(easy, CURLOPT_COPYPOSTFIELDS, request.form->c_str());

    const auto code = run(connection, stop, options.stall_timeout);
    if (transfer.error) return *std::move(transfer.error);
    if (!code || stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
    if (*code != CURLE_OK) {
        log_debug("registry", "{}: {}", transfer.response.url, curl_easy_strerror(*code));
        return transport_error(*code, request.url, detail.data(), info);
    }
    SLIPWAY_TRY(transfer.ensure_sink());  // for an answer without a body
    log_debug("registry", "{} {} {}", request.form ? "POST" : "GET", transfer.response.url,
              transfer.response.status);

    const char* target = nullptr;
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &target);
    if (is_redirect(transfer.response) && target != nullptr) redirect = target;
    curl_off_t wait = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
    if (wait > 0) info.asked_wait = std::chrono::seconds(std::min<curl_off_t>(wait, 1'000'000));
    give_back(std::move(connection));
    return std::move(transfer.response);
}

HttpClient::HttpClient(HttpOptions options) : impl_(std::make_unique<Impl>()) {
    static const CURLcode kInitialized = curl_global_init(CURL_GLOBAL_DEFAULT);
    SLIPWAY_CHECK(kInitialized == CURLE_OK, "libcurl cannot be initialized");
    impl_->options = std::move(options);
    if (impl_->options.ca_file.empty())
        impl_->options.ca_file = os::get_env("SSL_CERT_FILE").value_or("");
}

HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const ChooseSink& choose,
                                      std::stop_token stop, AttemptInfo& info) {
    HttpRequest current = request;
    SLIPWAY_ASSIGN(Url url, Url::parse(current.url));
    // Where a registry sends us for its blobs is as it says: its authorities count there, too.
    SLIPWAY_ASSIGN(const HostCertificates first, impl_->certificates_for(url));
    for (int redirects = 0;; ++redirects) {
        std::string target;
        SLIPWAY_ASSIGN(auto response, impl_->send_once(current, url, first.authorities, choose,
                                                       stop, info, target));
        if (target.empty() || request.form) return response;
        if (redirects == kMaxRedirects) {
            return make_error(ErrorCode::kUnavailable, "'{}': more than {} redirects",
                              shown_url(request.url), kMaxRedirects);
        }
        SLIPWAY_ASSIGN(Url next, Url::parse(target));
        if (!may_follow(request.redirects, url, next)) {
            return make_error(ErrorCode::kUnavailable,
                              "'{}' redirects to '{}', which is not safe to follow", response.url,
                              shown_url(target));
        }
        if (!next.same_origin(url)) current.authorization.clear();
        current.url = std::move(target);
        url = std::move(next);
    }
}

Result<bool> HttpClient::speaks_tls(const std::string& host, std::stop_token stop) {
    AttemptInfo info;
    const HttpRequest request{.url = "https://" + host + "/v2/",
                              .certificate = Certificate::kIgnore};
    const auto nowhere = [](const HttpResponse&) -> Result<Writer*> { return nullptr; };
    const auto answer = send(request, nowhere, stop, info);
    if (answer) return true;
    if (info.refused || answer.error().code() != ErrorCode::kUnavailable) return answer.error();
    return false;
}

}  // namespace slipway::registry
