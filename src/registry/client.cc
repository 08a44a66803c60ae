#include "registry/client.h"

#include "base/json.h"
#include "base/text.h"
#include "registry/http.h"
#include "registry/internal/authorizer.h"
#include "registry/internal/credentials.h"
#include "registry/internal/host_certificates.h"
#include "registry/retry.h"
#include "registry/url.h"

#include <map>
#include <mutex>

namespace slipway::registry {

namespace {

constexpr std::size_t kManifestLimit = 16U << 20;
/// An attempt that brings this much does not count against the retries: a 40 GB blob may break more
/// than four times.
constexpr std::uint64_t kProgress = 1U << 20;

const std::string& accept_header() {
    static const std::string kHeader =
        fmt::format("Accept: {}, {}, {}, {}", image::kOciIndex, image::kOciManifest,
                    image::kDockerManifestList, image::kDockerManifest);
    return kHeader;
}

/// "code: message" of the first error in a registry's JSON answer, fit for a terminal; "" when
/// there is none.
std::string registry_message(const std::string& body) {
    const auto json = parse_json(body);
    if (!json || !json->is_object()) return {};
    const auto errors = json->find("errors");
    if (errors == json->end() || !errors->is_array() || errors->empty()) return {};
    const auto message = json_string(errors->front(), "message");
    const auto code = json_string(errors->front(), "code");
    std::string text = to_lower(code.value_or("")) + ": " + message.value_or("");
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return text.substr(0, 200);
}

/// The error that a status stands for; nothing for the good ones.
Result<void> check_status(const HttpResponse& response, const std::string& registry,
                          AttemptInfo& info) {
    if (response.status == 200 || response.status == 206) return {};
    const std::string said = registry_message(response.body);
    const std::string tail = said.empty() ? "" : " (" + said + ")";
    switch (response.status) {
        case 404:
            return make_error(ErrorCode::kNotFound, "'{}' does not exist{}", response.url, tail);
        case 401:
        case 403:
            return make_error(ErrorCode::kDenied, "'{}': access denied{}", response.url, tail)
                .hint(login_hint(registry));
        default:
            info.again = response.status == 408 || response.status == 429 || response.status >= 500;
            return make_error(ErrorCode::kUnavailable, "'{}' answers with status {}{}",
                              response.url, response.status, tail);
    }
}

/// Where a "Content-Range: bytes 100-199/200" starts.
std::optional<std::uint64_t> range_start(const HttpResponse& response) {
    const std::string* header = response.find_header("content-range");
    if (header == nullptr) return std::nullopt;
    const auto fields = split_once(*header, ' ');
    if (!fields || to_lower(fields->first) != "bytes") return std::nullopt;
    const auto range = split_once(trim(fields->second), '-');
    return range ? parse_uint(range->first) : std::nullopt;
}

/// Passes a body on to the real sink, without what that has already.
class BlobSink final : public Writer {
  public:
    BlobSink(Writer& next, std::uint64_t size, const std::function<void(std::uint64_t)>& progress)
        : next_(next), size_(size), progress_(progress) {}

    void start_at(std::uint64_t offset) { position_ = offset; }
    [[nodiscard]] std::uint64_t done() const { return done_; }

    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        const std::uint64_t skipped = std::min<std::uint64_t>(done_ - position_, data.size());
        position_ += skipped;
        data = data.subspan(skipped);
        if (data.empty()) return {};
        if (data.size() > size_ - done_) {
            return make_error(ErrorCode::kCorrupt, "more data than the {} bytes of its descriptor",
                              size_);
        }
        SLIPWAY_TRY(next_.write(data));
        position_ += data.size();
        done_ += data.size();
        if (progress_) progress_(done_);
        return {};
    }

  private:
    Writer& next_;
    const std::uint64_t size_;
    const std::function<void(std::uint64_t)>& progress_;
    std::uint64_t position_ = 0;  ///< in the blob, of the next byte that comes; never past done_
    std::uint64_t done_ = 0;      ///< what the real sink has
};

class ManifestSink final : public Writer {
  public:
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        if (text_.text().size() + data.size() > kManifestLimit) {
            return make_error(ErrorCode::kInvalidInput, "a manifest larger than {}",
                              format_bytes(kManifestLimit));
        }
        return text_.write(data);
    }
    [[nodiscard]] const std::string& text() const { return text_.text(); }

  private:
    StringWriter text_;
};

}  // namespace

struct Client::Impl {
    explicit Impl(const ClientOptions& options)
        : policy{.retries = options.retries, .first_delay = options.first_retry_delay},
          http({.ca_file = options.ca_file,
                .certificate_folders = options.certificate_folders.empty()
                                           ? default_certificate_folders()
                                           : options.certificate_folders,
                .stall_timeout = options.stall_timeout}),
          credentials(options.docker_config_dir) {}

    RetryPolicy policy;
    RealPatience patience;
    HttpClient http;
    Credentials credentials;
    Authorizer authorizer{http, credentials};
    std::mutex mutex;
    std::map<std::string, std::string> loopback_schemes;

    /// HTTPS; on loopback whatever the server speaks, as docker finds it out.
    std::string scheme(const std::string& registry, const std::stop_token& stop) {
        if (!is_loopback(registry)) return "https";
        {
            const std::lock_guard lock(mutex);
            if (const auto known = loopback_schemes.find(registry);
                known != loopback_schemes.end()) {
                return known->second;
            }
        }
        const auto tls = http.speaks_tls(registry, stop);
        // What is wrong with our certificates is told by the request itself.
        const bool secure = tls ? *tls : tls.error().code() != ErrorCode::kUnavailable;
        std::string found = secure ? "https" : "http";
        const std::lock_guard lock(mutex);
        if (tls) loopback_schemes.emplace(registry, found);
        return found;
    }

    std::string url(const image::ImageRef& ref, const std::string& path,
                    const std::stop_token& stop) {
        const std::string host =
            ref.registry == "docker.io" ? "registry-1.docker.io" : ref.registry;
        return fmt::format("{}://{}/v2/{}/{}", scheme(ref.registry, stop), host, ref.repository,
                           path);
    }

    Result<HttpResponse> send(const image::ImageRef& ref, HttpRequest request,
                              const ChooseSink& choose, const std::stop_token& stop,
                              AttemptInfo& info) {
        SLIPWAY_ASSIGN(request.authorization,
                       authorizer.header(ref.registry, ref.repository, stop, info));
        SLIPWAY_ASSIGN(auto response, http.send(request, choose, stop, info));
        if (response.status != 401) return response;
        SLIPWAY_ASSIGN(std::string header, authorizer.answer(ref.registry, ref.repository, response,
                                                             request.authorization, stop, info));
        if (header.empty()) return response;
        request.authorization = std::move(header);
        return http.send(request, choose, stop, info);
    }

    Result<FetchedManifest> try_manifest(const image::ImageRef& ref, const std::string& path,
                                         const std::stop_token& stop, AttemptInfo& info);
    Result<void> try_blob(const image::ImageRef& ref, const std::string& path, std::uint64_t size,
                          BlobSink& sink, bool& whole, const std::stop_token& stop,
                          AttemptInfo& info);
};

Result<FetchedManifest> Client::Impl::try_manifest(const image::ImageRef& ref,
                                                   const std::string& path,
                                                   const std::stop_token& stop, AttemptInfo& info) {
    ManifestSink sink;
    const auto choose = [&](const HttpResponse& response) -> Result<Writer*> {
        return response.status == 200 ? &sink : nullptr;
    };
    HttpRequest request;
    request.url = url(ref, path, stop);
    request.headers.push_back(accept_header());
    SLIPWAY_ASSIGN(const auto response, send(ref, std::move(request), choose, stop, info));
    SLIPWAY_TRY(check_status(response, ref.registry, info));
    FetchedManifest manifest;
    if (const std::string* type = response.find_header("content-type")) {
        manifest.media_type = trim(std::string_view(*type).substr(0, type->find(';')));
    }
    manifest.digest = Digest::of(sink.text());
    manifest.bytes = sink.text();
    if (ref.digest && *ref.digest != manifest.digest) {
        return make_error(ErrorCode::kCorrupt, "'{}' has the digest {}, not the one asked for",
                          response.url, manifest.digest);
    }
    return manifest;
}

/// One GET for what is left of the blob. `whole`: the server does not do ranges; what the sink has
/// is skipped.
Result<void> Client::Impl::try_blob(const image::ImageRef& ref, const std::string& path,
                                    std::uint64_t size, BlobSink& sink, bool& whole,
                                    const std::stop_token& stop, AttemptInfo& info) {
    const std::uint64_t start = whole ? 0 : sink.done();
    const std::uint64_t before = sink.done();
    HttpRequest request;
    request.url = url(ref, path, stop);
    if (start > 0) request.headers.push_back(fmt::format("Range: bytes={}-", start));
    const auto choose = [&](const HttpResponse& response) -> Result<Writer*> {
        if (response.status == 200) {
            sink.start_at(0);
            return &sink;
        }
        if (response.status != 206) return nullptr;
        if (range_start(response) != start) {
            info.again = !whole;
            whole = true;
            return make_error(ErrorCode::kUnavailable,
                              "'{}' answers with another range than was asked for", response.url);
        }
        sink.start_at(start);
        return &sink;
    };
    const auto response = send(ref, std::move(request), choose, stop, info);
    info.progressed = sink.done() - before >= kProgress;
    if (!response) return response.error();
    if (response->status == 416 && !whole) {
        whole = true;
        info.again = true;
    } else {
        SLIPWAY_TRY(check_status(*response, ref.registry, info));
    }
    if (sink.done() == size) return {};
    info.again = true;
    return make_error(ErrorCode::kUnavailable, "'{}' ended after {} of {} bytes", response->url,
                      sink.done(), size);
}

Client::Client(const ClientOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Client::~Client() = default;

Result<FetchedManifest> Client::fetch_manifest(const image::ImageRef& ref, std::stop_token stop) {
    const std::string path = "manifests/" + (ref.digest ? ref.digest->to_string() : ref.tag);
    return retry<FetchedManifest>(impl_->policy, impl_->patience, stop, [&](AttemptInfo& info) {
        return impl_->try_manifest(ref, path, stop, info);
    });
}

Result<void> Client::fetch_blob(const image::ImageRef& repository, const image::Descriptor& blob,
                                Writer& sink, std::stop_token stop,
                                const std::function<void(std::uint64_t)>& progress) {
    if (blob.size == 0) return {};
    const std::string path = "blobs/" + blob.digest.to_string();
    BlobSink counted(sink, blob.size, progress);
    bool whole = false;
    return retry<void>(impl_->policy, impl_->patience, stop, [&](AttemptInfo& info) {
        return impl_->try_blob(repository, path, blob.size, counted, whole, stop, info);
    });
}

}  // namespace slipway::registry
