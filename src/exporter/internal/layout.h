// OCI image layouts (image-spec image-layout.md), as a tar or a folder; with Docker's manifest.json
// the tar is what `docker load` reads.
#pragma once

#include "content/blob_store.h"
#include "exporter/internal/image_content.h"

#include <stop_token>
#include <string>
#include <vector>

namespace slipway::exporter {

/// `names` are full references.
Result<void> write_layout_tar(const ImageContent& image, const std::vector<std::string>& names,
                              const content::BlobStore& blobs, OutputType type, Writer& out);

/// Into `folder`, which is made when missing. In a layout that is there already, images of the same
/// names are replaced and others stay. kInvalidInput for a folder with other things in it.
Result<void> write_layout_folder(const ImageContent& image, const std::vector<std::string>& names,
                                 const content::BlobStore& blobs, const std::string& folder,
                                 const std::stop_token& stop);

}  // namespace slipway::exporter
