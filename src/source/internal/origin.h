// Where the bytes of an image come from when the blob store does not have them.
#pragma once

#include "image/manifest.h"
#include "image/reference.h"
#include "os/dir.h"
#include "registry/client.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace slipway::source {

/// A manifest or index as it was found.
struct Document {
    std::string media_type;
    std::string bytes;
    Digest digest;
};

using Progress = std::function<void(std::uint64_t)>;

/// Any thread.
class Origin {
  public:
    virtual ~Origin() = default;
    /// Verified against the digest; the media type may be empty. kNotFound, kCorrupt.
    virtual Result<Document> load_manifest(const Digest& digest, std::stop_token stop) = 0;
    /// Not verified. `progress` (may be empty) gets bytes so far.
    virtual Result<void> fetch_blob(const image::Descriptor& blob, Writer& sink,
                                    std::stop_token stop, const Progress& progress) = 0;
};

class RegistryOrigin final : public Origin {
  public:
    RegistryOrigin(registry::Client& client, image::ImageRef ref)
        : client_(client), ref_(std::move(ref)) {}
    Result<Document> load_manifest(const Digest& digest, std::stop_token stop) override;
    Result<void> fetch_blob(const image::Descriptor& blob, Writer& sink, std::stop_token stop,
                            const Progress& progress) override;
    /// By the reference's own tag or digest.
    Result<Document> load_top(std::stop_token stop);

  private:
    registry::Client& client_;
    image::ImageRef ref_;
};

/// A folder in the layout of the OCI image spec. Links inside it are not followed.
class LayoutOrigin final : public Origin {
  public:
    /// kNotFound, kInvalidInput when it is no such folder.
    static Result<std::unique_ptr<LayoutOrigin>> open(const std::string& host_path);
    Result<Document> load_manifest(const Digest& digest, std::stop_token stop) override;
    Result<void> fetch_blob(const image::Descriptor& blob, Writer& sink, std::stop_token stop,
                            const Progress& progress) override;
    /// What index.json calls `tag`; "" for the only one, or "latest". kNotFound names what there
    /// is.
    Result<Document> load_tag(const std::string& tag, std::stop_token stop);

  private:
    explicit LayoutOrigin(os::Dir dir) : dir_(std::move(dir)) {}
    os::Dir dir_;
};

/// For images that must be here already.
class NoOrigin final : public Origin {
  public:
    Result<Document> load_manifest(const Digest& digest, std::stop_token stop) override;
    Result<void> fetch_blob(const image::Descriptor& blob, Writer& sink, std::stop_token stop,
                            const Progress& progress) override;
};

/// What a text given for an image means.
struct ImageSource {
    image::ImageRef ref;           ///< of a registry or local image
    std::string layout_dir;        ///< not "": an OCI layout folder, and then
    std::string layout_tag;        ///< ... "" when not given
    std::optional<Digest> digest;  ///< of either

    /// "debian:bookworm", "docker-image://…", "oci-layout://DIR[:TAG][@DIGEST]".
    static Result<ImageSource> parse(std::string_view text);
    /// For LLB, pinned to a manifest.
    [[nodiscard]] std::string identifier(const Digest& manifest) const;
};

/// The media type of a manifest or index by its own text, as far as it says; `claimed` is what the
/// transport or the descriptor called it. kUnsupported for docker's schema 1, kInvalidInput for
/// what can be read as both.
Result<std::string> media_type_of(std::string_view bytes, std::string_view claimed);

/// The names an entry of an OCI index.json gives its image: a full name, or only a tag. "" when it
/// has none.
std::string full_name_of(const image::Descriptor& entry);
std::string tag_of(const image::Descriptor& entry);

}  // namespace slipway::source
