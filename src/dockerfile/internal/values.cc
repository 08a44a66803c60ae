#include "dockerfile/internal/values.h"

#include "base/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace slipway::dockerfile::internal {

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::uint64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

struct Unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};
constexpr std::array kUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\xC2\xB5s", 1'000},  // U+00B5, micro sign
    Unit{"\xCE\xBCs", 1'000},  // U+03BC, Greek mu
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

std::string_view take_digits(std::string_view& text) {
    const auto digits = text.substr(0, text.find_first_not_of(kDigits));
    text.remove_prefix(digits.size());
    return digits;
}

std::optional<std::uint64_t> take_unit(std::string_view& text) {
    const auto name = text.substr(0, text.find_first_of(".0123456789"));
    text.remove_prefix(name.size());
    for (const auto& unit : kUnits) {
        if (unit.name == name) return unit.nanoseconds;
    }
    return std::nullopt;
}

/// One "1.5h" off the front, in nanoseconds.
std::optional<std::uint64_t> take_duration_part(std::string_view& text) {
    const auto whole = take_digits(text);
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
    }
    if (whole.empty() && fraction.empty()) return std::nullopt;
    const auto count = whole.empty() ? 0 : parse_uint(whole);
    const auto unit = take_unit(text);
    if (!count || !unit || *count > kMaxInt64 / *unit) return std::nullopt;
    // More digits than these change nothing.
    std::uint64_t numerator = 0;
    double scale = 1;
    for (const char digit : fraction.substr(0, 18)) {
        numerator = numerator * 10 + static_cast<std::uint64_t>(digit - '0');
        scale *= 10;
    }
    const double part = static_cast<double>(numerator) * (static_cast<double>(*unit) / scale);
    return *count * *unit + static_cast<std::uint64_t>(part);
}

}  // namespace

Result<std::int64_t> parse_duration(std::string_view text) {
    const auto invalid = make_error(ErrorCode::kInvalidInput,
                                    "'{}' is not a duration such as '30s' or '1m30s'", text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text == "0") return 0;
    if (text.empty()) return invalid;
    std::uint64_t sum = 0;
    while (!text.empty()) {
        const auto part = take_duration_part(text);
        if (!part || *part > kMaxInt64 - sum) return invalid;
        sum += *part;
    }
    const auto value = static_cast<std::int64_t>(sum);
    return negative ? -value : value;
}

std::optional<bool> parse_bool(std::string_view text) {
    for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
        if (text == yes) return true;
    }
    for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

Result<std::vector<std::string>> parse_csv(std::string_view text) {
    const auto invalid = [&](std::string_view why) {
        return make_error(ErrorCode::kInvalidInput, "'{}' is no list of comma-separated fields: {}",
                          text, why);
    };
    std::string_view rest = text;
    if (rest.ends_with('\n')) rest.remove_suffix(rest.ends_with("\r\n") ? 2 : 1);
    if (rest.empty()) return invalid("it is empty");
    std::vector<std::string> fields;
    while (true) {
        std::string field;
        if (!rest.starts_with('"')) {
            field = rest.substr(0, rest.find(','));
            rest.remove_prefix(field.size());
            if (field.find('"') != std::string::npos)
                return invalid("a quote inside an unquoted field");
        } else {
            do {  // at a quote: the opening one, or the second of a doubled one
                rest.remove_prefix(1);
                const auto quote = rest.find('"');
                if (quote == std::string_view::npos) return invalid("a closing quote is missing");
                field += rest.substr(0, quote);
                rest.remove_prefix(quote + 1);
                if (rest.starts_with('"')) field += '"';
            } while (rest.starts_with('"'));
            if (!rest.empty() && !rest.starts_with(','))
                return invalid("text behind a closing quote");
        }
        fields.push_back(std::move(field));
        if (rest.empty()) return fields;
        rest.remove_prefix(1);
    }
}

}  // namespace slipway::dockerfile::internal
