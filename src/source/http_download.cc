#include "source/internal/http_download.h"

#include "base/text.h"

namespace slipway::source {

namespace {

/// An attempt that brings this much does not count against the retries.
constexpr std::uint64_t kEnough = 1U << 20;

std::string text_of(const registry::HttpResponse& response, std::string_view header) {
    const std::string* text = response.find_header(header);
    return text == nullptr ? "" : *text;
}

Error bad_status(const registry::HttpResponse& response, registry::AttemptInfo& info) {
    const int status = response.status;
    if (status == 401 || status == 403) {
        return make_error(ErrorCode::kDenied, "'{}' answers with status {}: access denied",
                          response.url, status)
            .hint(
                "credentials are given as the secret HTTP_AUTH_TOKEN_<host> or "
                "HTTP_AUTH_HEADER_<host>");
    }
    info.again = info.again || status == 408 || status == 429 || status >= 500;
    return make_error(ErrorCode::kUnavailable, "'{}' answers with status {}{}", response.url,
                      status, status == 404 ? ": there is no such file" : "");
}

/// Where a "Content-Range: bytes 100-199/200" starts.
std::optional<std::uint64_t> range_start(const registry::HttpResponse& response) {
    const std::string header = text_of(response, "content-range");
    const auto fields = split_once(header, ' ');
    if (!fields || !equals_ignoring_case(fields->first, "bytes")) return std::nullopt;
    const auto range = split_once(trim(fields->second), '-');
    return range ? parse_uint(range->first) : std::nullopt;
}

/// What a download has reached over all its attempts.
class Transfer {
  public:
    Transfer(const DownloadRequest& request, HashedFile& file, const Listener& listener)
        : request_(request), file_(file), listener_(listener) {}

    Result<void> attempt(registry::HttpClient& client, const std::stop_token& stop,
                         registry::AttemptInfo& info) {
        const std::uint64_t before = file_.size();
        const auto choose = [this](const registry::HttpResponse& head) { return accept(head); };
        const auto response = client.send(next_request(), choose, stop, info);
        info.progressed = file_.size() >= before + kEnough;
        if (end_ != DownloadEnd::kDone) return {};
        if (!response) return response.error();
        if (is_good(response->status)) return {};
        if (response->status == 416 && before > 0) {  // it is another file now
            strong_etag_.clear();
            info.again = true;
        }
        return bad_status(*response, info);
    }

    Downloaded finish() { return {.end = end_, .head = std::move(head_)}; }

  private:
    static bool is_good(int status) { return status >= 200 && status <= 299; }

    [[nodiscard]] registry::HttpRequest next_request() const {
        registry::HttpRequest http = request_.http;
        if (file_.size() > 0 && !strong_etag_.empty()) {
            http.headers.push_back(fmt::format("Range: bytes={}-", file_.size()));
            http.headers.push_back("If-Range: " + strong_etag_);
            return http;
        }
        http.coding = registry::BodyCoding::kGzip;
        const Validators& known = request_.known;
        if (!known.etag.empty()) http.headers.push_back("If-None-Match: " + known.etag);
        if (!known.last_modified.empty())
            http.headers.push_back("If-Modified-Since: " + known.last_modified);
        return http;
    }

    /// Where the body of this answer goes.
    Result<Writer*> accept(const registry::HttpResponse& head) {
        const Validators& known = request_.known;
        if (head.status == 304 && !known.empty()) {
            end_ = DownloadEnd::kUnchanged;
            return nullptr;
        }
        if (!is_good(head.status)) return nullptr;
        // Some servers give ETags and do not compare them.
        if (!known.etag.empty() && Validators::of(head).etag == known.etag)
            return leave(DownloadEnd::kUnchanged);
        if (!request_.wanted) return leave(DownloadEnd::kUnwanted);
        if (head.status != 206) {
            SLIPWAY_TRY(begin(head));
        } else if (range_start(head) != file_.size() || strong_etag_.empty() ||
                   text_of(head, "etag") != strong_etag_) {
            return make_error(ErrorCode::kUnavailable,
                              "'{}' answers with another range than was asked for", head.url);
        }
        return &file_;
    }

    /// The body is not read.
    Error leave(DownloadEnd end) {
        end_ = end;
        return Error(ErrorCode::kCancelled, "the body is not needed");
    }

    Result<void> begin(const registry::HttpResponse& head) {
        if (file_.size() > 0) SLIPWAY_TRY(file_.start_over());
        head_ = head;
        const bool coded = head.find_header("content-encoding") != nullptr;
        strong_etag_ = text_of(head, "etag");
        if (coded || strong_etag_.starts_with("W/")) strong_etag_.clear();
        const auto total = coded ? std::nullopt : parse_uint(text_of(head, "content-length"));
        file_.progress =
            throttled_progress(listener_, "downloading " + head.url, total.value_or(0));
        return {};
    }

    const DownloadRequest& request_;
    HashedFile& file_;
    const Listener& listener_;
    registry::HttpResponse head_;
    std::string strong_etag_;  ///< of what is in the file; "" when it cannot be continued
    DownloadEnd end_ = DownloadEnd::kDone;
};

}  // namespace

Result<HashedFile> HashedFile::create(const os::Dir& dir, const std::string& name) {
    HashedFile file(dir, RelPath().child(name));
    SLIPWAY_ASSIGN(file.fd_, dir.create_file(file.path_, 0600));
    return file;
}

Result<void> HashedFile::start_over() {
    SLIPWAY_TRY(dir_->unlink(path_));
    SLIPWAY_ASSIGN(fd_, dir_->create_file(path_, 0600));
    hash_.finish();
    size_ = 0;
    return {};
}

Result<void> HashedFile::write(std::span<const std::byte> data) {
    os::FdWriter out(fd_);
    SLIPWAY_TRY(out.write(data));
    hash_.update(data);
    size_ += data.size();
    if (progress) progress(size_);
    return {};
}

Result<Digest> HashedFile::finish() {
    SLIPWAY_TRY(fd_.close());
    return hash_.finish();
}

Validators Validators::of(const registry::HttpResponse& response) {
    Validators known{text_of(response, "etag"), text_of(response, "last-modified")};
    if (known.etag.starts_with("W/")) known.etag.erase(0, 2);
    return known;
}

Result<Downloaded> Downloader::run(const DownloadRequest& request, HashedFile& file,
                                   const Listener& listener, std::stop_token stop) const {
    Transfer transfer(request, file, listener);
    SLIPWAY_TRY(registry::retry<void>(policy, patience, stop, [&](registry::AttemptInfo& info) {
        return transfer.attempt(client, stop, info);
    }));
    return transfer.finish();
}

}  // namespace slipway::source
