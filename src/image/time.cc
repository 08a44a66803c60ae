#include "base/text.h"
#include "image/config.h"

#include <chrono>

namespace slipway::image {

namespace {

/// Takes exactly `count` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    const auto number = parse_uint(text.substr(0, count));
    if (!number) return std::nullopt;
    text.remove_prefix(count);
    return static_cast<int>(*number);
}

bool take(std::string_view& text, std::string_view characters) {
    if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

/// ".25" -> 250000000; digits past the ninth are dropped.
std::optional<std::uint32_t> take_fraction(std::string_view& text) {
    if (!take(text, ".")) return 0;
    std::uint32_t value = 0;
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
        if (digits++ < 9) value = value * 10 + static_cast<std::uint32_t>(text.front() - '0');
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) value *= 10;
    return value;
}

/// "Z" or "+01:00", in seconds east of Greenwich.
std::optional<int> take_offset(std::string_view& text) {
    if (take(text, "Zz")) return 0;
    const bool west = text.starts_with('-');
    if (!take(text, "+-")) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const int seconds = (*hours * 60 + *minutes) * 60;
    return west ? -seconds : seconds;
}

std::optional<Instant> parse_instant(std::string_view text) {
    using namespace std::chrono;
    const auto y = take_number(text, 4);
    if (!y || !take(text, "-")) return std::nullopt;
    const auto mo = take_number(text, 2);
    if (!mo || !take(text, "-")) return std::nullopt;
    const auto d = take_number(text, 2);
    if (!d || !take(text, "Tt ")) return std::nullopt;
    const auto h = take_number(text, 2);
    if (!h || *h > 23 || !take(text, ":")) return std::nullopt;
    const auto mi = take_number(text, 2);
    if (!mi || *mi > 59 || !take(text, ":")) return std::nullopt;
    const auto s = take_number(text, 2);
    if (!s || *s > 60) return std::nullopt;
    const auto fraction = take_fraction(text);
    const auto offset = take_offset(text);
    const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                              day(static_cast<unsigned>(*d))};
    if (!fraction || !offset || !text.empty() || !date.ok()) return std::nullopt;
    const auto time = sys_days(date) + hours(*h) + minutes(*mi) + seconds(*s - *offset);
    return Instant{.seconds = time.time_since_epoch().count(), .nanoseconds = *fraction};
}

}  // namespace

std::string rfc3339(std::int64_t unix_seconds) {
    using namespace std::chrono;
    const sys_seconds time{seconds(unix_seconds)};
    const auto midnight = floor<days>(time);
    const year_month_day date(midnight);
    const hh_mm_ss clock(time - midnight);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Result<Instant> parse_rfc3339(std::string_view text) {
    if (const auto instant = parse_instant(text)) return *instant;
    return make_error(ErrorCode::kInvalidInput, "'{}' is not a time as in RFC 3339", text);
}

}  // namespace slipway::image
