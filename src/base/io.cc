#include "base/io.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace slipway {

Result<std::size_t> MemoryReader::read(std::span<std::byte> buffer) {
    const std::size_t size = std::min(buffer.size(), data_.size());
    if (size != 0) std::memcpy(buffer.data(), data_.data(), size);
    data_ = data_.subspan(size);
    return size;
}

Result<void> StringWriter::write(std::span<const std::byte> data) {
    text_.append(reinterpret_cast<const char*>(data.data()), data.size());
    return {};
}

Result<void> DigestWriter::write(std::span<const std::byte> data) {
    hash_.update(data);
    size_ += data.size();
    return next_.write(data);
}

Result<std::uint64_t> copy_stream(Reader& from, Writer& to, std::size_t buffer_size) {
    std::vector<std::byte> buffer(buffer_size);
    std::uint64_t total = 0;
    while (true) {
        SLIPWAY_ASSIGN(const std::size_t size, from.read(buffer));
        if (size == 0) return total;
        SLIPWAY_TRY(to.write(std::span<const std::byte>(buffer).first(size)));
        total += size;
    }
}

Result<std::string> read_text(Reader& from, std::size_t limit) {
    std::string text;
    std::vector<std::byte> buffer(64UL * 1024);
    while (true) {
        SLIPWAY_ASSIGN(const std::size_t size, from.read(buffer));
        if (size == 0) return text;
        if (text.size() + size > limit) {
            return make_error(ErrorCode::kInvalidInput, "larger than the limit of {} bytes", limit);
        }
        text.append(reinterpret_cast<const char*>(buffer.data()), size);
    }
}

}  // namespace slipway
