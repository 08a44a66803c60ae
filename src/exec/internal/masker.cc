#include "exec/internal/masker.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace slipway::exec {
namespace {

constexpr std::string_view kMask = "****";
/// Shorter lines of a long value ("{", "EOF") are too common to hide.
constexpr std::size_t kShortestLine = 8;

std::string_view without_line_ends(std::string_view value) {
    while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
    return value;
}

}  // namespace

bool Masker::Needle::step(char next) {
    while (matched > 0 && value[matched] != next) matched = fallback[matched - 1];
    if (value[matched] == next) ++matched;
    if (matched < value.size()) return false;
    matched = fallback[matched - 1];
    return true;
}

Masker::Masker(const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        const std::string_view value = without_line_ends(secret);
        if (value.size() >= kShortestSecret) add(value);
        if (value.find('\n') == std::string_view::npos) continue;
        for (const std::string_view line : split(value, '\n')) {
            if (trim(line).size() >= kShortestLine) add(trim(line));
        }
    }
}

void Masker::add(std::string_view value) {
    for (const Needle& needle : needles_) {
        if (needle.value == value) return;
    }
    Needle needle{.value = std::string(value),
                  .fallback = std::vector<std::size_t>(value.size(), 0)};
    std::size_t length = 0;
    for (std::size_t i = 1; i < value.size(); ++i) {
        while (length > 0 && value[i] != value[length]) length = needle.fallback[length - 1];
        if (value[i] == value[length]) ++length;
        needle.fallback[i] = length;
    }
    needles_.push_back(std::move(needle));
}

void Masker::mark(Span span) {
    while (!spans_.empty() && spans_.back().end >= span.begin) {
        span.begin = std::min(span.begin, spans_.back().begin);
        span.end = std::max(span.end, spans_.back().end);
        spans_.pop_back();
    }
    spans_.push_back(span);
}

void Masker::scan(std::size_t from) {
    std::vector<Span> found;
    for (Needle& needle : needles_) {
        for (std::size_t i = from; i < buffer_.size(); ++i) {
            if (needle.matched == 0) {
                i = buffer_.find(needle.value.front(), i);
                if (i == std::string::npos) break;
            }
            if (needle.step(buffer_[i])) {
                found.push_back({.begin = i + 1 - needle.value.size(), .end = i + 1});
            }
        }
    }
    std::ranges::sort(found, {}, &Span::end);
    for (const Span& span : found) mark(span);
}

std::string Masker::release(std::size_t upto) {
    if (upto == 0) return {};
    std::string out;
    std::size_t at = 0;
    std::vector<Span> kept;
    for (const Span& span : spans_) {
        if (span.begin >= upto) {
            kept.push_back({.begin = span.begin - upto, .end = span.end - upto});
            continue;
        }
        out.append(buffer_, at, span.begin - at);
        if (span.begin > 0 || !hidden_last_) out += kMask;
        at = std::min(span.end, upto);
        if (span.end > upto) kept.push_back({.begin = 0, .end = span.end - upto});
    }
    hidden_last_ = at == upto;
    out.append(buffer_, at, upto - at);
    spans_ = std::move(kept);
    buffer_.erase(0, upto);
    return out;
}

std::string Masker::feed(std::string_view text) {
    if (needles_.empty()) return std::string(text);
    const std::size_t from = buffer_.size();
    buffer_ += text;
    scan(from);
    std::size_t kept_back = 0;
    for (const Needle& needle : needles_) kept_back = std::max(kept_back, needle.matched);
    return release(buffer_.size() - kept_back);
}

std::string Masker::finish() {
    for (Needle& needle : needles_) needle.matched = 0;
    return release(buffer_.size());
}

}  // namespace slipway::exec
