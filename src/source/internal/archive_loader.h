// Images out of a tar: what `docker save` writes (manifest.json) and OCI layouts (index.json). The
// tar is read once, front to back: its entries may come in any order, so large files go into the
// blob store as they come and small ones stay in memory until it is known what they are.
#pragma once

#include "archive/tar.h"
#include "content/blob_store.h"
#include "content/image_names.h"
#include "image/config.h"
#include "image/manifest.h"

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::source {

class ArchiveLoader {
  public:
    ArchiveLoader(const content::BlobStore& blobs, const content::ImageNames& names)
        : blobs_(blobs), names_(names) {}

    /// Once. See Images::load_archive.
    Result<std::vector<std::string>> load(Reader& archive, const std::string& name,
                                          std::stop_token stop);

  private:
    struct File {
        Digest digest;
        std::uint64_t size = 0;
        std::optional<std::string> text;  ///< nothing: it is in the blob store already
    };

    Result<void> read_entries(Reader& archive, std::stop_token stop);
    Result<void> take_entry(archive::TarReader& tar, const archive::TarEntry& entry,
                            std::stop_token stop);
    Result<File> take_file(archive::TarReader& tar, const archive::TarEntry& entry,
                           std::stop_token stop);
    /// Links are followed inside the archive; null when there is no such file.
    const File* find(const std::string& path) const;
    Result<std::string> read_text_file(const std::string& path) const;
    Result<void> store(const File& file);
    Result<void> store_blob(const Digest& digest);

    Result<std::vector<std::string>> load_layout(const std::string& name);
    Result<void> store_document(const image::Descriptor& document, int depth);
    Result<std::vector<std::string>> load_docker(const std::string& name);
    Result<content::NamedImage> make_docker_image(const Json& item);
    Result<image::Descriptor> describe_layer(const std::string& path);
    Result<std::string> set_name(content::NamedImage image, const std::string& name);

    const content::BlobStore& blobs_;
    const content::ImageNames& names_;
    std::map<std::string, File> files_;         ///< by cleaned path
    std::map<std::string, std::string> links_;  ///< path -> path, both in the archive
    std::uint64_t in_memory_ = 0;
};

}  // namespace slipway::source
