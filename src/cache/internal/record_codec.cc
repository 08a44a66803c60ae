#include "cache/internal/record_codec.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace slipway::cache {

namespace {

constexpr char kText = 0;
constexpr char kDigest = 1;

void put_number(std::string& data, std::size_t number) {
    while (number >= 0x80) {
        data += static_cast<char>((number & 0x7f) | 0x80);
        number >>= 7;
    }
    data += static_cast<char>(number);
}

void put_text(std::string& data, std::string_view text) {
    put_number(data, text.size());
    data += text;
}

void put_value(std::string& data, const std::string& value) {
    const auto digest = value.starts_with("sha256:") ? Digest::parse(value) : Digest();
    if (!digest || digest->is_zero()) {
        data += kText;
        return put_text(data, value);
    }
    data += kDigest;
    data.append(reinterpret_cast<const char*>(digest->bytes().data()), Digest::kBytes);
}

Error malformed() {
    return {ErrorCode::kCorrupt, "a cache record is malformed"};
}

class Decoder {
  public:
    explicit Decoder(std::string_view data) : data_(data) {}

    [[nodiscard]] bool at_end() const { return data_.empty(); }

    Result<std::size_t> number() {
        std::size_t number = 0;
        for (unsigned shift = 0; shift < 63; shift += 7) {
            if (data_.empty()) return malformed();
            const auto byte = static_cast<unsigned char>(data_.front());
            data_.remove_prefix(1);
            number |= static_cast<std::size_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) return number;
        }
        return malformed();
    }

    Result<std::string_view> bytes(std::size_t size) {
        if (size > data_.size()) return malformed();
        const auto taken = data_.substr(0, size);
        data_.remove_prefix(size);
        return taken;
    }

    Result<std::string_view> text() {
        SLIPWAY_ASSIGN(const auto size, number());
        return bytes(size);
    }

    Result<std::string> value() {
        SLIPWAY_ASSIGN(const auto kind, bytes(1));
        if (kind[0] == kText) {
            SLIPWAY_ASSIGN(const auto plain, text());
            return std::string(plain);
        }
        if (kind[0] != kDigest) return malformed();
        SLIPWAY_ASSIGN(const auto raw, bytes(Digest::kBytes));
        Digest::Bytes digest;
        std::copy(raw.begin(), raw.end(), digest.begin());
        return Digest(digest).to_string();
    }

  private:
    std::string_view data_;
};

}  // namespace

std::string encode_outputs(const std::vector<solver::Output>& outputs) {
    std::string data;
    for (const auto& output : outputs) put_text(data, output);
    return data;
}

Result<std::vector<solver::Output>> decode_outputs(std::string_view data) {
    std::vector<solver::Output> outputs;
    Decoder decoder(data);
    while (!decoder.at_end()) {
        SLIPWAY_ASSIGN(const auto output, decoder.text());
        outputs.emplace_back(output);
    }
    return outputs;
}

std::string encode_ingredients(const std::vector<solver::Ingredient>& ingredients) {
    std::string data;
    std::string_view before;
    for (const auto& [label, value] : ingredients) {
        const auto shared = static_cast<std::size_t>(
            std::mismatch(label.begin(), label.end(), before.begin(), before.end()).first -
            label.begin());
        put_number(data, shared);
        put_text(data, std::string_view(label).substr(shared));
        put_value(data, value);
        before = label;
    }
    return data;
}

Result<std::vector<solver::Ingredient>> decode_ingredients(std::string_view data) {
    std::vector<solver::Ingredient> ingredients;
    Decoder decoder(data);
    while (!decoder.at_end()) {
        SLIPWAY_ASSIGN(const auto shared, decoder.number());
        std::string label;
        if (shared > 0) {
            if (ingredients.empty() || shared > ingredients.back().label.size()) return malformed();
            label = ingredients.back().label.substr(0, shared);
        }
        SLIPWAY_ASSIGN(const auto rest, decoder.text());
        label += rest;
        SLIPWAY_ASSIGN(auto value, decoder.value());
        ingredients.push_back({std::move(label), std::move(value)});
    }
    return ingredients;
}

}  // namespace slipway::cache
