#include "source/internal/stat_cache.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace slipway::source {

namespace {

constexpr std::string_view kMagic = "slipway context 1\n";

struct FixedPart {
    std::uint64_t size;
    std::uint64_t inode;
    std::int64_t mtime_seconds;
    std::int64_t ctime_seconds;
    std::uint32_t mtime_nanoseconds;
    std::uint32_t ctime_nanoseconds;
    Digest::Bytes digest;
    std::uint16_t shared;  ///< bytes of the path that are those of the path before
    std::uint16_t rest;    ///< bytes of the path that follow
    std::uint32_t zero;
};
static_assert(std::is_trivially_copyable_v<FixedPart> && sizeof(FixedPart) == 80);

template <typename T>
void put(std::string& data, const T& value) {
    data.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string header(std::string_view root_path) {
    std::string data(kMagic);
    put(data, std::uint32_t{1});  // the order of bytes
    put(data, root_path.size());
    data += root_path;
    return data;
}

}  // namespace

StatCacheReader::StatCacheReader(std::string data, std::string_view root_path)
    : data_(std::move(data)) {
    const std::string start = header(root_path);
    if (data_.size() < start.size() + Digest::kBytes || !data_.starts_with(start)) {
        at_end_ = true;
        return;
    }
    position_ = start.size();
    end_ = data_.size() - Digest::kBytes;
    const auto digest = Digest::of(std::string_view(data_).substr(0, end_));
    if (std::memcmp(digest.bytes().data(), data_.data() + end_, Digest::kBytes) != 0)
        end_ = position_;
    next();
}

void StatCacheReader::next() {
    at_end_ = true;
    FixedPart fixed;
    if (end_ - position_ < sizeof fixed) return;
    std::memcpy(&fixed, data_.data() + position_, sizeof fixed);
    position_ += sizeof fixed;
    if (fixed.shared > file_.path.size() || fixed.rest > end_ - position_) return;
    file_.path.resize(fixed.shared);
    file_.path.append(data_, position_, fixed.rest);
    position_ += fixed.rest;
    file_.size = fixed.size;
    file_.mtime = {.seconds = fixed.mtime_seconds, .nanoseconds = fixed.mtime_nanoseconds};
    file_.identity = {
        .ctime = {.seconds = fixed.ctime_seconds, .nanoseconds = fixed.ctime_nanoseconds},
        .inode = fixed.inode};
    file_.digest = Digest(fixed.digest);
    at_end_ = false;
}

StatCacheWriter::StatCacheWriter(std::string_view root_path) : data_(header(root_path)) {}

void StatCacheWriter::add(const CachedFile& file) {
    const auto& path = file.path;
    if (path.size() > std::numeric_limits<std::uint16_t>::max()) return;
    const auto same = std::mismatch(path.begin(), path.end(), before_.begin(), before_.end()).first;
    const auto shared = static_cast<std::size_t>(same - path.begin());
    put(data_, FixedPart{.size = file.size,
                         .inode = file.identity.inode,
                         .mtime_seconds = file.mtime.seconds,
                         .ctime_seconds = file.identity.ctime.seconds,
                         .mtime_nanoseconds = file.mtime.nanoseconds,
                         .ctime_nanoseconds = file.identity.ctime.nanoseconds,
                         .digest = file.digest.bytes(),
                         .shared = static_cast<std::uint16_t>(shared),
                         .rest = static_cast<std::uint16_t>(path.size() - shared),
                         .zero = 0});
    data_.append(path, shared);
    before_ = path;
}

std::string StatCacheWriter::finish() {
    const auto digest = Digest::of(data_);
    data_.append(reinterpret_cast<const char*>(digest.bytes().data()), Digest::kBytes);
    return std::move(data_);
}

}  // namespace slipway::source
