#include "source/internal/fetcher.h"

#include "base/text.h"

#include <chrono>

namespace slipway::source {

namespace {

constexpr std::string_view kForeign = "nondistributable";
constexpr std::string_view kDockerForeign = "application/vnd.docker.image.rootfs.foreign.";

bool is_foreign(std::string_view media_type) {
    return media_type.find(kForeign) != std::string_view::npos ||
           media_type.starts_with(kDockerForeign);
}

}  // namespace

Progress throttled_progress(const Listener& listener, std::string what, std::uint64_t total) {
    using Clock = std::chrono::steady_clock;
    return [&listener, what = std::move(what), total,
            last = Clock::time_point()](std::uint64_t current) mutable {
        const auto now = Clock::now();
        if (current < total && now - last < std::chrono::milliseconds(100)) return;
        last = now;
        listener.sink.emit(progress::StepProgress{
            .step = listener.step, .what = what, .current = current, .total = total});
    };
}

Result<Document> Fetcher::manifest(const Digest& digest, Origin& origin, std::stop_token stop) {
    if (blobs_.has(digest)) {
        SLIPWAY_ASSIGN(auto bytes, blobs_.read(digest));
        return Document{.media_type = "", .bytes = std::move(bytes), .digest = digest};
    }
    SLIPWAY_ASSIGN(auto document, origin.load_manifest(digest, stop));
    SLIPWAY_TRY(blobs_.put(document.bytes));
    return document;
}

Result<void> Fetcher::blob(const image::Descriptor& blob, Origin& origin, std::stop_token stop,
                           const Progress& progress) {
    const auto work = [&](std::stop_token shared_stop) -> Result<bool> {
        if (blobs_.has(blob.digest)) return true;
        SLIPWAY_ASSIGN(auto ingest, blobs_.ingest());
        SLIPWAY_TRY(
            origin.fetch_blob(blob, ingest, shared_stop, progress).context("blob {}", blob.digest));
        SLIPWAY_TRY(ingest.commit(blob.digest).context("blob {}", blob.digest));
        return true;
    };
    const auto done = flights_.run(blob.digest, stop, work);
    if (done) return {};
    if (done.error().code() == ErrorCode::kNotFound && is_foreign(blob.media_type)) {
        return make_error(
            ErrorCode::kUnsupported,
            "layer {} is a foreign layer ('{}') that its registry does not keep; fetching it from "
            "elsewhere is not supported",
            blob.digest, blob.media_type);
    }
    return done.error();
}

Fetcher::Batch::~Batch() {
    own_stop_.request_stop();
    for (auto& result : results_) {
        if (result.valid()) result.wait();
    }
}

std::unique_ptr<Fetcher::Batch> Fetcher::start(std::vector<image::Descriptor> blobs, Origin& origin,
                                               const Listener& listener, std::stop_token stop) {
    std::unique_ptr<Batch> batch(new Batch(stop));
    for (auto& blob : blobs) {
        batch->results_.push_back(
            network_.submit([this, &origin, &listener, token = batch->own_stop_.get_token(),
                             blob = std::move(blob)]() -> Result<void> {
                if (token.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
                if (blobs_.has(blob.digest)) return {};
                return this->blob(
                    blob, origin, token,
                    throttled_progress(listener, "pulling " + blob.digest.short_hex(), blob.size));
            }));
    }
    return batch;
}

}  // namespace slipway::source
