// Small images made in memory, and a registry that serves them.
#pragma once

#include "archive/compress.h"
#include "archive/tar.h"
#include "async/thread_pool.h"
#include "image/config.h"
#include "image/manifest.h"
#include "os/file.h"
#include "os/system.h"
#include "support/loopback_server.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::testing {

using Files = std::vector<std::pair<std::string, std::string>>;  ///< path, text

/// The tests' helpers have no error to return: what fails here is a bug in the test.
template <typename T>
T must(Result<T> result) {
    if (!result) {
        fmt::print(stderr, "test helper: {}\n", result.error().to_string());
        std::abort();
    }
    return std::move(*result);
}
inline void must(const Result<void>& result) {
    if (!result) {
        fmt::print(stderr, "test helper: {}\n", result.error().to_string());
        std::abort();
    }
}

inline std::string make_tar(const Files& files) {
    StringWriter text;
    auto tar = must(archive::TarWriter::open(text));
    for (const auto& [path, data] : files) must(tar.add_file({.path = path}, data));
    must(tar.finish());
    return text.text();
}

inline std::string compressed(archive::Compression compression, const std::string& data) {
    async::ThreadPool pool(1);
    StringWriter text;
    const auto writer = must(archive::make_compressor(compression, text, pool));
    must(writer->write(std::string_view(data)));
    must(writer->finish());
    return text.text();
}

struct TestImage {
    std::map<std::string, std::string> blobs;  ///< digest -> bytes, the manifest and config too
    image::Manifest manifest;
    image::ImageConfig config;
    std::string manifest_text;
    Digest digest;  ///< of the manifest

    std::string put(const std::string& bytes) {
        const std::string digest_text = Digest::of(bytes).to_string();
        blobs[digest_text] = bytes;
        return digest_text;
    }
};

inline image::Descriptor describe(const std::string& bytes, std::string_view media_type) {
    return {
        .media_type = std::string(media_type), .digest = Digest::of(bytes), .size = bytes.size()};
}

/// One layer for each set of files.
inline TestImage make_image(const std::vector<Files>& layers,
                            archive::Compression compression = archive::Compression::kGzip,
                            const std::string& architecture = os::machine_architecture()) {
    TestImage made;
    made.config = image::ImageConfig::for_scratch({.architecture = architecture});
    made.config.labels["made-for"] = "tests";
    for (const auto& files : layers) {
        const std::string tar = make_tar(files);
        made.config.diff_ids.push_back(Digest::of(tar));
        const bool plain = compression == archive::Compression::kNone;
        const std::string blob = plain ? tar : compressed(compression, tar);
        made.manifest.layers.push_back(describe(blob, plain ? image::kOciLayer
                                                      : compression == archive::Compression::kGzip
                                                          ? image::kOciLayerGzip
                                                          : image::kOciLayerZstd));
        made.put(blob);
    }
    const std::string config = made.config.dump();
    made.put(config);
    made.manifest.config = describe(config, image::kOciConfig);
    made.manifest_text = made.manifest.dump();
    made.digest = Digest::of(made.manifest_text);
    made.put(made.manifest_text);
    return made;
}

/// Serves blobs with ranges, and documents by tag or digest. `interfere` may answer first.
class FakeRegistry {
  public:
    FakeRegistry() : server_([this](const HttpAsked& asked) { return answer(asked); }) {}

    void add(const TestImage& image) { blobs_.insert(image.blobs.begin(), image.blobs.end()); }
    void add_blob(const std::string& bytes) { blobs_[Digest::of(bytes).to_string()] = bytes; }
    /// `name` is "team/app:1".
    void tag(const std::string& name, const std::string& document, std::string_view media_type) {
        add_blob(document);
        const auto parts = *split_once(name, ':');
        tags_[fmt::format("/v2/{}/manifests/{}", parts.first, parts.second)] =
            Digest::of(document).to_string();
        media_types_[Digest::of(document).to_string()] = media_type;
    }
    void serve(const std::string& name, const TestImage& image) {
        add(image);
        tag(name, image.manifest_text, image.manifest.media_type);
    }
    void remove_blob(const Digest& digest) { blobs_.erase(digest.to_string()); }

    [[nodiscard]] std::string host() const { return server_.host(); }
    [[nodiscard]] const LoopbackServer& server() const { return server_; }
    std::function<std::optional<HttpAnswer>(const HttpAsked&)> interfere;

  private:
    HttpAnswer answer(const HttpAsked& asked) const {
        if (interfere) {
            if (auto other = interfere(asked)) return *std::move(other);
        }
        const auto tagged = tags_.find(asked.target);
        const std::string digest = tagged != tags_.end()
                                       ? tagged->second
                                       : asked.target.substr(asked.target.rfind('/') + 1);
        const auto blob = blobs_.find(digest);
        if (blob == blobs_.end()) {
            return {.status = 404,
                    .body = R"({"errors":[{"code":"UNKNOWN","message":"not here"}]})"};
        }
        const auto type = media_types_.find(digest);
        HttpAnswer answer;
        if (type != media_types_.end()) answer.headers.emplace_back("Content-Type", type->second);
        const std::string range = asked.header("range");
        if (!range.starts_with("bytes=")) {
            answer.body = blob->second;
            return answer;
        }
        const auto start = parse_uint(split_once(range.substr(6), '-')->first).value();
        answer.status = 206;
        answer.headers.emplace_back(
            "Content-Range",
            fmt::format("bytes {}-{}/{}", start, blob->second.size() - 1, blob->second.size()));
        answer.body = blob->second.substr(start);
        return answer;
    }

    std::map<std::string, std::string> blobs_;
    std::map<std::string, std::string> tags_;
    std::map<std::string, std::string> media_types_;
    LoopbackServer server_;  ///< last: it stops before the rest goes
};

/// An OCI layout folder with the image under a tag.
inline void write_layout(const std::string& dir, const TestImage& image, const std::string& tag) {
    must(os::make_dirs(dir + "/blobs/sha256"));
    must(os::write_file(dir + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
    for (const auto& [digest, bytes] : image.blobs) {
        must(os::write_file(dir + "/blobs/sha256/" + digest.substr(7), bytes));
    }
    image::Index index;
    auto entry = describe(image.manifest_text, image.manifest.media_type);
    if (!tag.empty()) entry.annotations["org.opencontainers.image.ref.name"] = tag;
    index.manifests = {entry};
    must(os::write_file(dir + "/index.json", index.dump()));
}

}  // namespace slipway::testing
