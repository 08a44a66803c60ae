#include "registry/internal/authorizer.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "registry/url.h"

#include <algorithm>

namespace slipway::registry {

namespace {

constexpr std::int64_t kDefaultLifetime = 60;
constexpr std::size_t kTokenAnswerLimit = 1U << 20;

/// Cuts the text up to any of `ends` off the front.
std::string_view take_until(std::string_view& text, std::string_view ends) {
    const auto end = std::min(text.find_first_of(ends), text.size());
    const auto taken = text.substr(0, end);
    text.remove_prefix(end);
    return taken;
}

void skip(std::string_view& text, std::string_view characters) {
    text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

/// A quoted string (the opening quote is gone) with backslash escapes.
std::string take_quoted(std::string_view& text) {
    std::string value;
    while (!text.empty() && text[0] != '"') {
        if (text[0] == '\\' && text.size() > 1) text.remove_prefix(1);
        value += text[0];
        text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return value;
}

std::optional<Challenge> choose_challenge(const HttpResponse& refusal) {
    std::optional<Challenge> basic;
    const auto [first, last] = refusal.headers.equal_range("www-authenticate");
    for (auto header = first; header != last; ++header) {
        for (auto& challenge : parse_challenges(header->second)) {
            if (challenge.scheme == "bearer" && challenge.values.contains("realm"))
                return std::move(challenge);
            if (challenge.scheme == "basic") basic = std::move(challenge);
        }
    }
    return basic;
}

std::string basic_header(const Credential& credential) {
    return "Basic " + base64_encode(credential.user + ":" + credential.password);
}

std::string value_or(const Challenge& challenge, const std::string& name,
                     const std::string& otherwise) {
    const auto found = challenge.values.find(name);
    return found == challenge.values.end() || found->second.empty() ? otherwise : found->second;
}

HttpRequest token_request(const Challenge& challenge, const std::string& repository,
                          const std::optional<Credential>& credential) {
    const std::string realm = value_or(challenge, "realm", "");
    const std::string service = percent_encode(value_or(challenge, "service", ""));
    const std::string scope =
        percent_encode(value_or(challenge, "scope", "repository:" + repository + ":pull"));
    HttpRequest request;
    if (credential && !credential->identity_token.empty()) {
        request.url = realm;
        request.form = fmt::format(
            "grant_type=refresh_token&service={}&scope={}&client_id=slipway&refresh_token={}",
            service, scope, percent_encode(credential->identity_token));
        return request;
    }
    request.url =
        fmt::format("{}{}scope={}", realm, realm.find('?') == std::string::npos ? '?' : '&', scope);
    if (!service.empty()) request.url += "&service=" + service;
    if (credential) request.authorization = basic_header(*credential);
    return request;
}

class LimitedWriter final : public Writer {
  public:
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        if (text_.text().size() + data.size() > kTokenAnswerLimit) {
            return Error(ErrorCode::kUnavailable, "the token server's answer is too long");
        }
        return text_.write(data);
    }
    [[nodiscard]] const std::string& text() const { return text_.text(); }

  private:
    StringWriter text_;
};

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view text) {
    std::vector<Challenge> challenges;
    while (true) {
        skip(text, ", \t");
        if (text.empty()) return challenges;
        const auto word = take_until(text, "=, \t");
        skip(text, " \t");
        if (!text.starts_with('=')) {  // no value: the name of the next challenge's scheme
            challenges.push_back({.scheme = to_lower(word), .values = {}});
            continue;
        }
        text.remove_prefix(1);
        skip(text, " \t");
        std::string value;
        if (text.starts_with('"')) {
            text.remove_prefix(1);
            value = take_quoted(text);
        } else {
            value = take_until(text, ", \t");
        }
        if (!challenges.empty()) challenges.back().values.emplace(to_lower(word), std::move(value));
    }
}

std::string login_hint(const std::string& registry) {
    return registry == "docker.io" ? "log in with `docker login`"
                                   : "log in with `docker login " + registry + "`";
}

std::shared_ptr<Authorizer::Entry> Authorizer::entry(const std::string& registry,
                                                     const std::string& repository) {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_[registry + "/" + repository];
    if (!entry) entry = std::make_shared<Entry>();
    return entry;
}

Result<std::string> Authorizer::header(const std::string& registry, const std::string& repository,
                                       std::stop_token stop, AttemptInfo& info) {
    const auto known = entry(registry, repository);
    const std::lock_guard lock(known->mutex);
    if (known->challenge && Clock::now() >= known->expires) {
        SLIPWAY_TRY(renew(*known, registry, repository, stop, info));
    }
    return known->header;
}

Result<std::string> Authorizer::answer(const std::string& registry, const std::string& repository,
                                       const HttpResponse& refusal, const std::string& used,
                                       std::stop_token stop, AttemptInfo& info) {
    const auto known = entry(registry, repository);
    const std::lock_guard lock(known->mutex);
    if (known->header != used) return known->header;  // another request got it meanwhile
    auto challenge = choose_challenge(refusal);
    if (!challenge) return std::string();
    if (challenge->scheme == "basic" && !used.empty())
        return std::string();  // refused; nothing else to say
    known->challenge = std::move(challenge);
    SLIPWAY_TRY(renew(*known, registry, repository, stop, info));
    return known->header;
}

Result<void> Authorizer::renew(Entry& entry, const std::string& registry,
                               const std::string& repository, const std::stop_token& stop,
                               AttemptInfo& info) {
    entry.header.clear();
    SLIPWAY_ASSIGN(const auto credential, credentials_.find(registry, stop));
    if (credential && !credential->registry_token.empty()) {
        entry.header = "Bearer " + credential->registry_token;
        entry.expires = Clock::time_point::max();
        return {};
    }
    if (entry.challenge->scheme == "basic") {
        if (credential && !credential->user.empty()) entry.header = basic_header(*credential);
        entry.expires = Clock::time_point::max();
        return {};
    }
    return fetch_token(entry, registry, repository, credential, stop, info);
}

Result<void> Authorizer::fetch_token(Entry& entry, const std::string& registry,
                                     const std::string& repository,
                                     const std::optional<Credential>& credential,
                                     const std::stop_token& stop, AttemptInfo& info) {
    const HttpRequest request = token_request(*entry.challenge, repository, credential);
    SLIPWAY_ASSIGN(const Url realm, Url::parse(request.url));
    const bool safe = realm.scheme == "https" || (is_loopback(realm.host) && is_loopback(registry));
    if (!safe) {
        return make_error(ErrorCode::kDenied,
                          "registry '{}' wants credentials to go to '{}', which is not HTTPS",
                          registry, shown_url(request.url));
    }
    const auto start = Clock::now();
    LimitedWriter answer;
    const auto choose = [&](const HttpResponse& response) -> Result<Writer*> {
        return response.status == 200 ? &answer : nullptr;
    };
    SLIPWAY_ASSIGN(const auto response, http_.send(request, choose, stop, info));
    if (response.status == 400 || response.status == 401 || response.status == 403) {
        return make_error(ErrorCode::kDenied, "'{}' gives no token for '{}/{}' (status {})",
                          response.url, registry, repository, response.status)
            .hint(login_hint(registry));
    }
    if (response.status != 200) {
        info.again = response.status == 429 || response.status >= 500;
        return make_error(ErrorCode::kUnavailable, "'{}' answers with status {}", response.url,
                          response.status);
    }
    const auto json = parse_json(answer.text());  // its error may quote the token
    if (!json)
        return make_error(ErrorCode::kUnavailable, "'{}' does not answer with JSON", response.url);
    SLIPWAY_ASSIGN(std::string token, json_string(*json, "token"));
    if (token.empty()) {
        SLIPWAY_ASSIGN(token, json_string(*json, "access_token"));
    }
    if (token.empty() || token.find_first_of("\r\n") != std::string::npos) {
        return make_error(ErrorCode::kUnavailable, "'{}' answers without a token", response.url);
    }
    SLIPWAY_ASSIGN(std::int64_t lifetime, json_int(*json, "expires_in", kDefaultLifetime));
    lifetime = std::clamp<std::int64_t>(lifetime, 1, std::int64_t{7} * 24 * 3600);
    log_redact(token);
    entry.header = "Bearer " + token;
    entry.expires = start + std::chrono::milliseconds(
                                lifetime * 900);  // nine tenths: clocks and transfers differ
    return {};
}

}  // namespace slipway::registry
