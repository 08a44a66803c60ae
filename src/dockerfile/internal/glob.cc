#include "dockerfile/internal/glob.h"

#include "dockerfile/internal/utf8.h"

#include <algorithm>
#include <utility>

namespace slipway::dockerfile::internal {

namespace {

constexpr char32_t kAnyRune = 0xFFFFFFFF;

struct Span {
    std::size_t begin;
    std::size_t end;
};

Error too_much_work() {
    return {ErrorCode::kInvalidInput, "it takes too long"};
}

}  // namespace

class Glob::Matcher {
  public:
    Matcher(const std::vector<Segment>& segments, std::u32string_view value, Budget& budget)
        : segments_(segments), value_(value), budget_(budget) {}

    /// Where the match that begins at `begin` ends.
    std::optional<std::size_t> match_at(std::size_t begin, Length length) {
        if (!fits(segments_[0], begin)) return std::nullopt;
        std::size_t end = begin + segments_[0].size();
        for (std::size_t i = 1; i < segments_.size(); ++i) {
            const bool furthest = length == Length::kLongest && i + 1 == segments_.size();
            const auto place =
                furthest ? find_last(segments_[i], end) : find_first(segments_[i], end);
            if (!place) return std::nullopt;
            end = *place + segments_[i].size();
        }
        return end;
    }

    std::optional<Span> find(std::size_t from) {
        const bool starts_with_star = segments_.size() > 1 && segments_[0].empty();
        for (std::size_t begin = from; begin <= value_.size() && !budget_.is_spent(); ++begin) {
            if (const auto end = match_at(begin, Length::kLongest)) return Span{begin, *end};
            // The star has looked at the whole line already.
            if (starts_with_star) begin = line_end(begin);
        }
        return std::nullopt;
    }

  private:
    bool fits(const Segment& segment, std::size_t at) {
        if (value_.size() - at < segment.size()) return false;
        for (std::size_t i = 0; i < segment.size(); ++i) {
            if (!budget_.spend(1)) return false;
            const char32_t rune = value_[at + i];
            if (segment[i] == kAnyRune ? rune == '\n' : rune != segment[i]) return false;
        }
        return true;
    }

    std::size_t line_end(std::size_t from) {
        const auto end = std::min(value_.find(U'\n', from), value_.size());
        budget_.spend(end - from);
        return end;
    }

    std::optional<std::size_t> find_first(const Segment& segment, std::size_t from) {
        const std::size_t last = line_end(from);
        for (std::size_t at = from; at <= last; ++at) {
            if (fits(segment, at)) return at;
        }
        return std::nullopt;
    }

    std::optional<std::size_t> find_last(const Segment& segment, std::size_t from) {
        for (std::size_t at = line_end(from) + 1; at > from; --at) {
            if (fits(segment, at - 1)) return at - 1;
        }
        return std::nullopt;
    }

    const std::vector<Segment>& segments_;
    std::u32string_view value_;
    Budget& budget_;
};

Result<Glob> Glob::parse(std::string_view pattern) {
    Glob glob;
    glob.segments_.emplace_back();
    const std::u32string runes = to_runes(pattern);
    for (std::size_t i = 0; i < runes.size(); ++i) {
        if (runes[i] == '*') {
            glob.segments_.emplace_back();
            continue;
        }
        if (runes[i] == '?') {
            glob.segments_.back() += kAnyRune;
            continue;
        }
        if (runes[i] == '\\') {
            ++i;
            if (i == runes.size() ||
                std::u32string_view(U"*?\\}/").find(runes[i]) == std::u32string_view::npos) {
                return make_error(ErrorCode::kInvalidInput, "invalid escape in the pattern '{}'",
                                  pattern);
            }
        }
        glob.segments_.back() += runes[i];
    }
    return glob;
}

Result<std::string> Glob::trim_prefix(std::string_view value, Length length, Budget& budget) const {
    const std::u32string runes = to_runes(value);
    Matcher matcher(segments_, runes, budget);
    const auto end = matcher.match_at(0, length);
    if (budget.is_spent()) return too_much_work();
    return to_utf8(std::u32string_view(runes).substr(end.value_or(0)));
}

Result<std::string> Glob::trim_suffix(std::string_view value, Length length, Budget& budget) const {
    std::u32string runes = to_runes(value);
    std::reverse(runes.begin(), runes.end());
    std::vector<Segment> segments(segments_.rbegin(), segments_.rend());
    for (auto& segment : segments) std::reverse(segment.begin(), segment.end());
    Matcher matcher(segments, runes, budget);
    const auto end = matcher.match_at(0, length);
    if (budget.is_spent()) return too_much_work();
    runes.erase(0, end.value_or(0));
    std::reverse(runes.begin(), runes.end());
    return to_utf8(runes);
}

Result<std::string> Glob::replace(std::string_view value, std::string_view replacement,
                                  Occurrences occurrences, std::size_t max_size,
                                  Budget& budget) const {
    const std::u32string runes = to_runes(value);
    const std::u32string_view view = runes;
    Matcher matcher(segments_, view, budget);
    std::string out;
    std::size_t copied = 0;
    std::size_t from = 0;
    while (from <= view.size()) {
        const auto match = matcher.find(from);
        if (!match) break;
        out += to_utf8(view.substr(copied, match->begin - copied));
        // An empty match right behind another one is not a match of its own.
        if (match->end > copied || match->begin == 0) out += replacement;
        if (out.size() > max_size) {
            return make_error(ErrorCode::kInvalidInput, "the result is larger than {} bytes",
                              max_size);
        }
        copied = match->end;
        from = std::max(match->end, from + 1);
        if (occurrences == Occurrences::kFirst) break;
    }
    if (budget.is_spent()) return too_much_work();
    return out + to_utf8(view.substr(copied));
}

}  // namespace slipway::dockerfile::internal
