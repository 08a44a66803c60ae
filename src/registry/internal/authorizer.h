// Answers to "401 Unauthorized": basic authentication and bearer tokens (the distribution project's
// token specification), kept per repository until they expire.
#pragma once

#include "registry/internal/credentials.h"
#include "registry/http.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::registry {

/// One challenge of a WWW-Authenticate header: `Bearer realm="…",service="…"`.
struct Challenge {
    std::string scheme;                         ///< lower case
    std::map<std::string, std::string> values;  ///< names in lower case
};
/// A header may carry several. What is malformed is left out.
std::vector<Challenge> parse_challenges(std::string_view header);

/// Any thread; equal tokens are asked for once.
class Authorizer {
  public:
    Authorizer(HttpClient& http, Credentials& credentials)
        : http_(http), credentials_(credentials) {}

    /// The Authorization header for a request to this repository, as far as it is known by now:
    /// fetched anew when it has expired, "" when nobody asked for one yet.
    Result<std::string> header(const std::string& registry, const std::string& repository,
                               std::stop_token stop, AttemptInfo& info);
    /// The header after a 401 to a request that was sent with `used` ("": without); "" when there
    /// is no answer to it. kDenied when the token server refuses.
    Result<std::string> answer(const std::string& registry, const std::string& repository,
                               const HttpResponse& refusal, const std::string& used,
                               std::stop_token stop, AttemptInfo& info);

  private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        std::mutex mutex;
        std::optional<Challenge> challenge;
        std::string header;
        Clock::time_point expires;  ///< of `header`
    };

    std::shared_ptr<Entry> entry(const std::string& registry, const std::string& repository);
    Result<void> renew(Entry& entry, const std::string& registry, const std::string& repository,
                       const std::stop_token& stop, AttemptInfo& info);
    Result<void> fetch_token(Entry& entry, const std::string& registry,
                             const std::string& repository,
                             const std::optional<Credential>& credential,
                             const std::stop_token& stop, AttemptInfo& info);

    HttpClient& http_;
    Credentials& credentials_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;
};

/// What to do after a 401 or 403 of this registry.
std::string login_hint(const std::string& registry);

}  // namespace slipway::registry
