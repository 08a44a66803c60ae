#include "base/byte_size.h"

#include "base/text.h"

#include <charconv>
#include <cmath>

namespace slipway {

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
    const auto number_end = text.find_first_not_of("0123456789.");
    const auto number = text.substr(0, number_end);
    std::string unit = to_lower(text.substr(number.size()));
    if (unit.starts_with(' ')) unit.erase(0, 1);
    constexpr std::string_view kPrefixes = "kmgtp";
    std::size_t power = 0;
    if (!unit.empty() && unit != "b") {
        power = kPrefixes.find(unit[0]) + 1;
        if (power == 0) return std::nullopt;
        const auto rest = std::string_view(unit).substr(1);
        if (!rest.empty() && rest != "b" && rest != "ib") return std::nullopt;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (number.empty() || error != std::errc() || end != number.data() + number.size())
        return std::nullopt;
    value = std::floor(std::ldexp(value, static_cast<int>(power) * 10));
    if (value >= std::ldexp(1.0, 63)) return std::nullopt;
    return static_cast<std::uint64_t>(value);
}

}  // namespace slipway
