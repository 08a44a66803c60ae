// Files from http and https URLs. Each is kept as a layer with just that file, found again by its
// content and by its URL:
//
//   downloads/<hex>      of a content digest: "<layer ID> <file name>"
//   downloads/url-<hex>  of a request: what the server said of it (JSON: digest, ETag, ...)
//
// Both only point; what they name may be gone (prune), and is downloaded again then.
#pragma once

#include "async/single_flight.h"
#include "base/io.h"
#include "content/store.h"
#include "progress/event.h"
#include "registry/http.h"
#include "registry/retry.h"
#include "snapshot/layer_store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::source {

/// What is asked for.
struct HttpFile {
    std::string url = {};
    std::optional<Digest> checksum = {};
    std::string name = {};  ///< of the file; "": as the server or the URL calls it
    std::uint32_t mode = 0600;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::string> headers = {};  ///< "Name: value"
    std::string authorization = {};         ///< a credential: goes nowhere but to the server
};

/// What the URL holds.
struct HttpContent {
    Digest digest;
    std::string name;                                ///< one path component
    std::optional<std::int64_t> last_modified = {};  ///< Unix seconds
};

enum class Download { kIfNeeded, kNever };

struct HttpFilesOptions {
    registry::HttpOptions http = {};
    registry::RetryPolicy retries = {};
};

/// Any thread.
class HttpFiles {
  public:
    HttpFiles(const content::Store& store, const snapshot::LayerStore& layers,
              async::ThreadPool& pool, HttpFilesOptions options = {});

    /// With a checksum: that, without a network. Else the server is asked (once for each object of
    /// this class) whether what is here is still what it has, and what it has is downloaded when
    /// not; with kNever the answer is nothing then. kUnavailable with the status for a bad answer,
    /// kDenied for 401, 403 and certificates.
    Result<std::optional<HttpContent>> resolve(const HttpFile& file, Download download,
                                               progress::Sink& sink, const Digest& step,
                                               std::stop_token stop);
    /// A layer with the file, downloaded unless its content is here. kCorrupt when it is not what
    /// `content` says.
    Result<snapshot::LayerId> layer(const HttpFile& file, const HttpContent& content,
                                    progress::Sink& sink, const Digest& step, std::stop_token stop);
    /// The time of the newest file in an archive that is content of `file`, in Unix seconds;
    /// nothing for what is no archive of files. Downloaded as layer() does.
    Result<std::optional<std::int64_t>> newest_member(const HttpFile& file,
                                                      const HttpContent& content,
                                                      progress::Sink& sink, const Digest& step,
                                                      std::stop_token stop);
    /// Takes in a file that came some other way (standard input); layer() finds it by its content.
    Result<Digest> put(Reader& data, const std::string& name, std::stop_token stop);

    /// Removes what points to layers that are not kept, and what points to that; returns its bytes.
    /// For when no build runs.
    Result<std::uint64_t> prune(const std::function<bool(const snapshot::LayerId&)>& keeps,
                                content::Prune prune) const;

  private:
    struct Known;  ///< of a URL
    struct Place {
        snapshot::LayerId layer;
        std::string name;
    };

    [[nodiscard]] std::optional<Known> find_known(const Digest& request) const;
    [[nodiscard]] std::optional<Place> find_content(const Digest& content) const;
    Result<void> remember(const Digest& content, const Place& place) const;
    Result<std::optional<HttpContent>> ask(const HttpFile& file, Download download,
                                           progress::Sink& sink, const Digest& step,
                                           std::stop_token stop);
    /// Nothing when it is still what `known` says, or may not be downloaded.
    Result<std::optional<HttpContent>> fetch(const HttpFile& file, Known& known, Download download,
                                             progress::Sink& sink, const Digest& step,
                                             std::stop_token stop);

    const content::Store& store_;
    const snapshot::LayerStore& layers_;
    async::ThreadPool& pool_;
    registry::RetryPolicy retries_;
    registry::RealPatience patience_;
    registry::HttpClient client_;
    async::SingleFlight<Digest, std::optional<HttpContent>> flights_;
    std::mutex mutex_;
    std::map<Digest, HttpContent> resolved_;  ///< by request
};

/// One safe path component out of what a URL, a header or an attribute calls a file; "download"
/// when there is none.
std::string safe_file_name(std::string_view name);

/// The file name in a Content-Disposition header (RFC 6266, without the extended form); "" when
/// there is none.
std::string disposition_file_name(std::string_view header);

}  // namespace slipway::source
