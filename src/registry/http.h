// HTTP by libcurl: one request after another, redirects followed by our own rules, bodies streamed.
#pragma once

#include "base/io.h"
#include "registry/retry.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::registry {

struct HttpOptions {
    std::string ca_file;  ///< "": $SSL_CERT_FILE, else the system's
    /// With what is trusted of single hosts besides (internal/host_certificates.h).
    std::vector<std::string> certificate_folders = {};
    std::chrono::milliseconds connect_timeout{30'000};
    std::chrono::milliseconds stall_timeout{
        60'000};  ///< a transfer that moves nothing for so long is broken
};

enum class Certificate { kVerify, kIgnore };
enum class Redirects {
    kGuarded,  ///< from plain HTTP only loopback may be reached by plain HTTP, from HTTPS nothing
    kNoDowngrade,  ///< from HTTPS only HTTPS
    kAny,          ///< http and https
};
/// Is the server offered to send the body compressed? It is decoded then; ranges and this do not go
/// together.
enum class BodyCoding { kIdentity, kGzip };

struct HttpRequest {
    std::string url;
    std::vector<std::string> headers;  ///< "Name: value"
    std::string authorization;  ///< header value, "" for none; never sent to another origin than
                                ///< that of `url`
    Certificate certificate = Certificate::kVerify;
    Redirects redirects = Redirects::kGuarded;
    BodyCoding coding = BodyCoding::kIdentity;
    std::optional<std::string> form;  ///< makes it a POST of this urlencoded body
};

struct HttpResponse {
    int status = 0;
    std::string url;  ///< that answered at last, as shown_url writes it
    std::multimap<std::string, std::string> headers;  ///< names in lower case
    std::string body;                                 ///< what no writer took, at most 64 KiB of it

    /// The first of that name (lower case); null when there is none.
    [[nodiscard]] const std::string* find_header(std::string_view name) const;
};

/// Looks at status and headers and says where the body goes; null: into HttpResponse::body. An
/// error ends the transfer.
using ChooseSink = std::function<Result<Writer*>(const HttpResponse&)>;

/// The Unix seconds of a date as HTTP writes it ("Sun, 06 Nov 1994 08:49:37 GMT"), if it is one.
std::optional<std::int64_t> parse_http_date(const std::string& text);

/// Any thread. Connections are kept open between requests.
class HttpClient {
  public:
    explicit HttpClient(HttpOptions options);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Any status is a success; the errors are: kUnavailable for the network (with info.again set),
    /// kDenied for a certificate that is not trusted, kCancelled, and whatever the sink returned.
    /// At most ten redirects, of GET only, as request.redirects allows.
    Result<HttpResponse> send(const HttpRequest& request, const ChooseSink& choose,
                              std::stop_token stop, AttemptInfo& info);
    /// Does this loopback "host:port" answer to TLS, whatever its certificate? kUnavailable when
    /// nobody is there.
    Result<bool> speaks_tls(const std::string& host, std::stop_token stop);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::registry
