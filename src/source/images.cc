#include "source/images.h"

#include "archive/compress.h"
#include "async/single_flight.h"
#include "base/text.h"
#include "os/file.h"
#include "os/system.h"
#include "source/internal/archive_loader.h"
#include "source/internal/fetcher.h"
#include "source/internal/origin.h"

namespace slipway::source {

namespace {

constexpr std::uint64_t kConfigLimit = 16U << 20;
constexpr int kMaxIndexDepth = 4;

/// Passes data on, counts it, and tells.
class CountingReader final : public Reader {
  public:
    explicit CountingReader(Reader& source, Progress progress = nullptr)
        : source_(source), progress_(std::move(progress)) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override {
        SLIPWAY_ASSIGN(const std::size_t size, source_.read(buffer));
        count_ += size;
        if (progress_) progress_(count_);
        return size;
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    Reader& source_;
    Progress progress_;
    std::uint64_t count_ = 0;
};

Result<void> check_image(const PinnedImage& image) {
    if (image.config.diff_ids.size() != image.manifest.layers.size()) {
        return make_error(ErrorCode::kInvalidInput,
                          "{} layers in the manifest, but {} diff IDs in the config",
                          image.manifest.layers.size(), image.config.diff_ids.size());
    }
    return {};
}

}  // namespace

struct Images::Impl {
    const content::BlobStore& blobs;
    const content::ImageNames& names;
    const snapshot::LayerStore& layers;
    registry::Client& client;
    Fetcher fetcher;
    async::SingleFlight<std::string, PinnedImage> resolves;
    async::SingleFlight<Digest, snapshot::Snapshot> unpacks;

    Result<PinnedImage> resolve_registry(const ImageSource& source, const image::Platform& platform,
                                         Pull pull, std::stop_token stop);
    Result<PinnedImage> resolve_layout(ImageSource source, const image::Platform& platform,
                                       std::stop_token stop);
    Result<std::optional<Document>> find_local(const ImageSource& source);
    Result<PinnedImage> pin(Document top, const ImageSource& source,
                            const image::Platform& platform, Origin& origin, std::stop_token stop);
    Result<void> remember(const image::ImageRef& ref, const Document& top,
                          const std::string& media_type);
    Error with_nearest(Error error, const image::ImageRef& ref) const;
    Result<std::unique_ptr<Origin>> origin_of(const PinnedImage& image);
    Result<snapshot::Snapshot> unpack(const PinnedImage& image, const Listener& listener,
                                      std::stop_token stop);
    Result<snapshot::LayerId> unpack_layer(const image::Descriptor& blob, const Digest& diff_id,
                                           const snapshot::Snapshot& below,
                                           const Listener& listener, std::stop_token stop);
};

Images::Images(const content::Store&, const content::BlobStore& blobs,
               const content::ImageNames& names, const snapshot::LayerStore& layers,
               registry::Client& client, async::ThreadPool& network_pool)
    : impl_(new Impl{.blobs = blobs,
                     .names = names,
                     .layers = layers,
                     .client = client,
                     .fetcher{blobs, network_pool},
                     .resolves{},
                     .unpacks{}}) {}

Images::~Images() = default;

Result<PinnedImage> Images::resolve(const std::string& ref, const image::Platform& platform,
                                    Pull pull, std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto source, ImageSource::parse(ref));
    const auto work = [&](std::stop_token shared_stop) {
        return source.layout_dir.empty()
                   ? impl_->resolve_registry(source, platform, pull, shared_stop)
                   : impl_->resolve_layout(source, platform, shared_stop);
    };
    const std::string key =
        fmt::format("{} {} {}", ref, platform.to_string(), static_cast<int>(pull));
    auto image = impl_->resolves.run(key, stop, work);
    return std::move(image).context("image '{}'",
                                    source.layout_dir.empty() ? source.ref.familiar() : ref);
}

Result<PinnedImage> Images::Impl::resolve_registry(const ImageSource& source,
                                                   const image::Platform& platform, Pull pull,
                                                   std::stop_token stop) {
    RegistryOrigin origin(client, source.ref);
    if (pull != Pull::kAlways || source.digest) {  // what a digest names does not change
        SLIPWAY_ASSIGN(auto local, find_local(source));
        NoOrigin nowhere;
        if (local) {
            Origin& rest = pull == Pull::kNever ? static_cast<Origin&>(nowhere) : origin;
            return pin(*std::move(local), source, platform, rest, stop);
        }
        if (pull == Pull::kNever) {
            return with_nearest(Error(ErrorCode::kNotFound, "not in the local store"), source.ref);
        }
    }
    auto top = origin.load_top(stop);
    if (!top) return with_nearest(std::move(top).error(), source.ref);
    SLIPWAY_ASSIGN(const std::string media_type, media_type_of(top->bytes, top->media_type));
    SLIPWAY_TRY(blobs.put(top->bytes));
    top->media_type = media_type;
    SLIPWAY_ASSIGN(auto image, pin(*top, source, platform, origin, stop));
    SLIPWAY_TRY(remember(source.ref, *top, media_type));
    return image;
}

Result<PinnedImage> Images::Impl::resolve_layout(ImageSource source,
                                                 const image::Platform& platform,
                                                 std::stop_token stop) {
    SLIPWAY_ASSIGN(source.layout_dir, os::real_path(source.layout_dir));
    SLIPWAY_ASSIGN(const auto origin, LayoutOrigin::open(source.layout_dir));
    SLIPWAY_ASSIGN(auto top, source.digest ? origin->load_manifest(*source.digest, stop)
                                           : origin->load_tag(source.layout_tag, stop));
    SLIPWAY_TRY(blobs.put(top.bytes));
    return pin(std::move(top), source, platform, *origin, stop);
}

/// By digest when there is one (content is content, whatever its name), else by name.
Result<std::optional<Document>> Images::Impl::find_local(const ImageSource& source) {
    std::optional<Digest> digest = source.digest;
    std::string media_type;
    if (!digest) {
        SLIPWAY_ASSIGN(const auto named, names.find(source.ref.to_string()));
        if (!named) return std::optional<Document>();
        digest = named->target;
        media_type = named->media_type;
    }
    if (!blobs.has(*digest)) return std::optional<Document>();
    SLIPWAY_ASSIGN(auto bytes, blobs.read(*digest));
    return std::optional(
        Document{.media_type = media_type, .bytes = std::move(bytes), .digest = *digest});
}

Result<PinnedImage> Images::Impl::pin(Document top, const ImageSource& source,
                                      const image::Platform& platform, Origin& origin,
                                      std::stop_token stop) {
    SLIPWAY_ASSIGN(std::string media_type, media_type_of(top.bytes, top.media_type));
    for (int depth = 0; image::is_index(media_type); ++depth) {
        if (depth == kMaxIndexDepth)
            return Error(ErrorCode::kInvalidInput, "indexes nested too deeply");
        SLIPWAY_ASSIGN(const auto index, image::Index::parse(top.bytes));
        SLIPWAY_ASSIGN(const auto chosen, index.select(platform));
        SLIPWAY_ASSIGN(top, fetcher.manifest(chosen.digest, origin, stop));
        SLIPWAY_ASSIGN(media_type, media_type_of(top.bytes, chosen.media_type));
    }
    PinnedImage image;
    SLIPWAY_ASSIGN(image.manifest, image::Manifest::parse(top.bytes));
    image.manifest.media_type = media_type;
    image.manifest_digest = top.digest;
    image.config_digest = image.manifest.config.digest;
    image.identifier = source.identifier(top.digest);
    const auto& config = image.manifest.config;
    if (image::to_oci_type(config.media_type) != image::kOciConfig) {
        return make_error(ErrorCode::kInvalidInput,
                          "not a container image: its config has the type '{}'", config.media_type);
    }
    if (config.size > kConfigLimit) {
        return make_error(ErrorCode::kInvalidInput, "a config larger than {}",
                          format_bytes(kConfigLimit));
    }
    SLIPWAY_TRY(fetcher.blob(config, origin, stop));
    SLIPWAY_ASSIGN(const auto text, blobs.read(config.digest, kConfigLimit));
    SLIPWAY_ASSIGN(image.config,
                   image::ImageConfig::parse(text).context("config {}", config.digest));
    SLIPWAY_TRY(check_image(image));
    return image;
}

Result<void> Images::Impl::remember(const image::ImageRef& ref, const Document& top,
                                    const std::string& media_type) {
    if (ref.digest) return {};  // found by its digest
    return names.set({.name = ref.to_string(),
                      .target = top.digest,
                      .media_type = media_type,
                      .target_size = top.bytes.size(),
                      .created_at = os::now_unix_nanoseconds() / 1'000'000'000});
}

Error Images::Impl::with_nearest(Error error, const image::ImageRef& ref) const {
    if (error.code() != ErrorCode::kNotFound && error.code() != ErrorCode::kUnavailable)
        return error;
    const auto local = names.list();
    if (!local) return error;
    std::vector<std::string> candidates;
    for (const auto& image : *local) {
        const auto parsed = image::ImageRef::parse(image.name);
        candidates.push_back(parsed ? parsed->familiar() : image.name);
    }
    const auto nearest = find_nearest(ref.familiar(), candidates);
    if (!nearest) return error;
    return std::move(error).hint(fmt::format("the local store has '{}'", *nearest));
}

Result<std::unique_ptr<Origin>> Images::Impl::origin_of(const PinnedImage& image) {
    SLIPWAY_ASSIGN(const auto source, ImageSource::parse(image.identifier));
    if (source.layout_dir.empty())
        return std::unique_ptr<Origin>(new RegistryOrigin(client, source.ref));
    SLIPWAY_ASSIGN(auto origin, LayoutOrigin::open(source.layout_dir));
    return std::unique_ptr<Origin>(std::move(origin));
}

Result<snapshot::Snapshot> Images::unpack(const PinnedImage& image, progress::Sink& sink,
                                          const Digest& step, std::stop_token stop) {
    const auto work = [&](std::stop_token shared_stop) {
        return impl_->unpack(image, {.sink = sink, .step = step}, shared_stop);
    };
    return impl_->unpacks.run(image.manifest_digest, stop, work)
        .context("image '{}'", image.identifier);
}

/// From the topmost layer that is there already: blobs come in parallel, layers are unpacked in
/// their order as soon as their blob is there.
Result<snapshot::Snapshot> Images::Impl::unpack(const PinnedImage& image, const Listener& listener,
                                                std::stop_token stop) {
    SLIPWAY_TRY(check_image(image));
    const auto chain_ids = image::chain_ids(image.config.diff_ids);
    snapshot::Snapshot snapshot;
    std::size_t first = chain_ids.size();
    for (; first > 0; --first) {
        SLIPWAY_ASSIGN(auto found, layers.find_chain(chain_ids[first - 1]));
        if (!found) continue;
        snapshot = *std::move(found);
        break;
    }
    if (first == chain_ids.size()) return snapshot;

    SLIPWAY_ASSIGN(const auto origin, origin_of(image));
    const auto& blobs_of_layers = image.manifest.layers;
    const std::vector<image::Descriptor> missing(
        blobs_of_layers.begin() + static_cast<std::ptrdiff_t>(first), blobs_of_layers.end());
    const auto downloads = fetcher.start(missing, *origin, listener, stop);
    for (std::size_t i = first; i < chain_ids.size(); ++i) {
        SLIPWAY_TRY(downloads->wait(i - first));
        SLIPWAY_ASSIGN(auto id, unpack_layer(blobs_of_layers[i], image.config.diff_ids[i], snapshot,
                                             listener, stop)
                                    .context("layer {}", blobs_of_layers[i].digest));
        snapshot.push_back(std::move(id));
        SLIPWAY_TRY(layers.remember_chain(chain_ids[i], snapshot));
    }
    return snapshot;
}

Result<snapshot::LayerId> Images::Impl::unpack_layer(const image::Descriptor& blob,
                                                     const Digest& diff_id,
                                                     const snapshot::Snapshot& below,
                                                     const Listener& listener,
                                                     std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto fd, blobs.open(blob.digest));
    os::FdReader file(fd);
    CountingReader compressed(
        file, throttled_progress(listener, "unpacking " + blob.digest.short_hex(), blob.size));
    SLIPWAY_ASSIGN(const auto decompressor, archive::make_decompressor(compressed));
    CountingReader tar(*decompressor);
    SLIPWAY_ASSIGN(auto id, layers.unpack(tar, below, diff_id, stop));
    SLIPWAY_TRY(layers.remember_blob(id, {.diff_id = diff_id,
                                          .uncompressed_size = tar.count(),
                                          .digest = blob.digest,
                                          .size = blob.size,
                                          .media_type = blob.media_type}));
    return id;
}

Result<void> Images::fetch_blobs(const PinnedImage& image, progress::Sink& sink, const Digest& step,
                                 std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto origin, impl_->origin_of(image));
    const Listener listener{.sink = sink, .step = step};
    const auto downloads = impl_->fetcher.start(image.manifest.layers, *origin, listener, stop);
    for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
        SLIPWAY_TRY(downloads->wait(i).context("image '{}'", image.identifier));
    }
    return {};
}

Result<std::vector<std::string>> Images::load_archive(Reader& archive, const std::string& name,
                                                      std::stop_token stop) {
    return ArchiveLoader(impl_->blobs, impl_->names).load(archive, name, stop);
}

}  // namespace slipway::source
