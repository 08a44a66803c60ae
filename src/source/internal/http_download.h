// One file by HTTP into a directory: conditional, tried again, continued where it broke.
#pragma once

#include "base/io.h"
#include "os/dir.h"
#include "registry/http.h"
#include "registry/retry.h"
#include "source/internal/fetcher.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace slipway::source {

/// A file while it is written: hashed on the way, started over when it must be. `dir` outlives it.
class HashedFile final : public Writer {
  public:
    static Result<HashedFile> create(const os::Dir& dir, const std::string& name);

    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override;
    Result<void> start_over();
    /// Once, after the last write.
    Result<Digest> finish();
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] const RelPath& path() const { return path_; }

    Progress progress;  ///< may be empty

  private:
    HashedFile(const os::Dir& dir, RelPath path) : dir_(&dir), path_(std::move(path)) {}

    const os::Dir* dir_;
    RelPath path_;
    os::Fd fd_;
    Sha256 hash_;
    std::uint64_t size_ = 0;
};

/// By what a server knows a version of a file; either may be "".
struct Validators {
    std::string etag;  ///< without the mark of a weak one, which some proxies add
    std::string last_modified;

    static Validators of(const registry::HttpResponse& response);
    [[nodiscard]] bool empty() const { return etag.empty() && last_modified.empty(); }
};

struct DownloadRequest {
    registry::HttpRequest http;
    Validators known = {};  ///< of the version that is here
    bool wanted = true;     ///< another version is to be downloaded
};

enum class DownloadEnd { kDone, kUnchanged, kUnwanted };

struct Downloaded {
    DownloadEnd end = DownloadEnd::kDone;
    registry::HttpResponse head;  ///< of the answer that brought the body
};

struct Downloader {
    registry::HttpClient& client;
    const registry::RetryPolicy& policy;
    registry::Patience& patience;

    /// kUnavailable and kDenied as HttpFiles::resolve says.
    Result<Downloaded> run(const DownloadRequest& request, HashedFile& file,
                           const Listener& listener, std::stop_token stop) const;
};

}  // namespace slipway::source
