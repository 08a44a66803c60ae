// Names of the images in the local store: full reference -> manifest (or index). One small file a
// name, replaced whole, so that any number of processes may set and read them.
#pragma once

#include "base/digest.h"
#include "content/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::content {

struct NamedImage {
    std::string name;  ///< full form: "docker.io/library/app:latest"
    Digest target;     ///< of the manifest or index blob
    std::string media_type;
    std::uint64_t target_size = 0;
    std::int64_t created_at = 0;  ///< when the name was set, Unix seconds
};

class ImageNames {
  public:
    explicit ImageNames(const Store& store) : store_(store) {}
    [[nodiscard]] Result<void> set(const NamedImage& image) const;
    [[nodiscard]] Result<std::optional<NamedImage>> find(const std::string& name) const;
    [[nodiscard]] Result<std::vector<NamedImage>> list() const;        ///< sorted by name
    [[nodiscard]] Result<bool> remove(const std::string& name) const;  ///< false: was not there

  private:
    const Store& store_;
};

}  // namespace slipway::content
