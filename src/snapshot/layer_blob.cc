// Layers as blobs, and the record of them in layers/<id>/blob.json (docs/formats/layer-blobs.md).
#include "base/io.h"
#include "base/json.h"
#include "os/file.h"
#include "os/lock.h"
#include "snapshot/internal/store_impl.h"
#include "snapshot/layer_store.h"

namespace slipway::snapshot {

namespace {

/// What makes two blobs of one layer different.
struct BlobKey {
    bool origin = false;  ///< what the layer came from; the rest means nothing then
    std::string compression = {};
    std::optional<std::int64_t> clamp = {};
    std::optional<int> level = {};
};

template <typename Number>
Json or_null(const std::optional<Number>& number) {
    return number ? Json(*number) : Json();
}

Json to_json(const BlobKey& key, const LayerBlob& blob) {
    return {{"origin", key.origin},
            {"compression", key.compression},
            {"clamp", or_null(key.clamp)},
            {"level", or_null(key.level)},
            {"diff_id", blob.diff_id.to_string()},
            {"uncompressed_size", blob.uncompressed_size},
            {"digest", blob.digest.to_string()},
            {"size", blob.size},
            {"media_type", blob.media_type}};
}

bool is_for(const Json& record, const BlobKey& key) {
    if (!record.is_object() || !record.contains("origin") || record["origin"] != key.origin)
        return false;
    if (key.origin) return true;
    return record.contains("compression") && record["compression"] == key.compression &&
           record.contains("clamp") && record["clamp"] == or_null(key.clamp) &&
           record.value("level", Json()) == or_null(key.level);
}

Result<LayerBlob> from_json(const Json& record) {
    LayerBlob blob;
    SLIPWAY_ASSIGN(const std::string diff_id, json_string(record, "diff_id"));
    SLIPWAY_ASSIGN(blob.diff_id, Digest::parse(diff_id));
    SLIPWAY_ASSIGN(const std::string digest, json_string(record, "digest"));
    SLIPWAY_ASSIGN(blob.digest, Digest::parse(digest));
    SLIPWAY_ASSIGN(const std::int64_t size, json_int(record, "size"));
    SLIPWAY_ASSIGN(const std::int64_t uncompressed, json_int(record, "uncompressed_size"));
    SLIPWAY_ASSIGN(blob.media_type, json_string(record, "media_type"));
    blob.size = static_cast<std::uint64_t>(size);
    blob.uncompressed_size = static_cast<std::uint64_t>(uncompressed);
    return blob;
}

/// The file's records; an unreadable file counts as none: blobs can always be made again.
Json read_records(const std::string& layer_path) {
    const auto text = os::find_file(layer_path + "/blob.json");
    if (!text || !*text) return Json::array();
    const auto parsed = parse_json(**text);
    if (!parsed || !parsed->is_object() || !parsed->contains("blobs") ||
        !(*parsed)["blobs"].is_array()) {
        return Json::array();
    }
    return (*parsed)["blobs"];
}

std::optional<LayerBlob> find_record(const std::string& layer_path, const BlobKey& key) {
    for (const auto& record : read_records(layer_path)) {
        if (!is_for(record, key)) continue;
        auto blob = from_json(record);
        if (blob) return *std::move(blob);
    }
    return std::nullopt;
}

/// Replaces the record with this key. Two processes at once: one after the other, each keeps what
/// the other wrote.
Result<void> add_record(const std::string& layer_path, const BlobKey& key, const LayerBlob& blob) {
    SLIPWAY_ASSIGN(const auto lock,
                   os::FileLock::acquire(layer_path + "/blob.lock", os::LockMode::kExclusive));
    Json records = Json::array();
    for (const auto& record : read_records(layer_path)) {
        if (!is_for(record, key)) records.push_back(record);
    }
    records.push_back(to_json(key, blob));
    return os::write_file(layer_path + "/blob.json",
                          dump_json(Json{{"version", 1}, {"blobs", records}}));
}

std::string media_type(archive::Compression compression) {
    const std::string tar = "application/vnd.oci.image.layer.v1.tar";
    return compression == archive::Compression::kNone
               ? tar
               : tar + "+" + std::string(to_string(compression));
}

/// Stops a pipeline from within.
class StoppableWriter final : public Writer {
  public:
    StoppableWriter(Writer& next, const std::stop_token& stop) : next_(next), stop_(stop) {}
    Result<void> write(std::span<const std::byte> data) override {
        if (stop_.stop_requested())
            return make_error(ErrorCode::kCancelled, "making the layer's blob was cancelled");
        return next_.write(data);
    }

  private:
    Writer& next_;
    const std::stop_token& stop_;
};

}  // namespace

Result<LayerBlob> LayerStore::blob(const LayerId& id, archive::Compression compression,
                                   std::optional<std::int64_t> clamp, std::stop_token stop,
                                   std::optional<int> level) const {
    if (!has(id)) return make_error(ErrorCode::kNotFound, "layer {} is not in the store", id);
    const std::string path = impl_->layer_path(id);
    if (auto origin = find_record(path, {.origin = true})) return *std::move(origin);
    const BlobKey key{
        .compression = std::string(to_string(compression)), .clamp = clamp, .level = level};
    if (auto made = find_record(path, key); made && impl_->blobs.has(made->digest))
        return *std::move(made);

    LayerBlob blob;
    blob.media_type = media_type(compression);
    SLIPWAY_ASSIGN(auto ingest, impl_->blobs.ingest());
    if (compression == archive::Compression::kNone) {
        StoppableWriter out(ingest, stop);
        SLIPWAY_TRY(write_tar(id, out, clamp));
        blob.uncompressed_size = ingest.size();
    } else {
        SLIPWAY_ASSIGN(const auto compressor,
                       archive::make_compressor(compression, ingest, impl_->pool, level));
        DigestWriter tar(*compressor);
        StoppableWriter out(tar, stop);
        SLIPWAY_TRY(write_tar(id, out, clamp));
        SLIPWAY_TRY(compressor->finish());
        blob.uncompressed_size = tar.size();
        blob.diff_id = tar.finish();
    }
    blob.size = ingest.size();
    SLIPWAY_ASSIGN(blob.digest, ingest.commit());
    if (compression == archive::Compression::kNone) blob.diff_id = blob.digest;
    SLIPWAY_TRY(add_record(path, key, blob));
    return blob;
}

Result<void> LayerStore::remember_blob(const LayerId& id, const LayerBlob& blob) const {
    if (!has(id)) return make_error(ErrorCode::kNotFound, "layer {} is not in the store", id);
    return add_record(impl_->layer_path(id), {.origin = true}, blob);
}

}  // namespace slipway::snapshot
