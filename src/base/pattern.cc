// Matching is done by backtracking over the pattern itself, without translating it to a regular expression: patterns
// are short, and the only forms that branch are `*` and `**`.
#include "base/pattern.h"

#include <optional>

#include "base/path.h"
#include "base/text.h"

namespace slipway {

namespace {

struct ClassMatch {
    bool matched = false;
    std::size_t size = 0;  ///< of the class in the pattern, brackets included; 0: malformed
};

/// `pattern` starts with '['. Ranges, '^' for negation, backslash escapes; at least one range is needed.
ClassMatch match_class(std::string_view pattern, char c) {
    std::size_t i = 1;
    const bool negated = i < pattern.size() && pattern[i] == '^';
    if (negated) ++i;
    bool matched = false;
    const auto read_char = [&]() -> std::optional<char> {
        if (i >= pattern.size() || pattern[i] == '-' || pattern[i] == ']') return std::nullopt;
        if (pattern[i] == '\\' && ++i >= pattern.size()) return std::nullopt;
        return pattern[i++];
    };
    for (bool first = true; first || i >= pattern.size() || pattern[i] != ']'; first = false) {
        const auto low = read_char();
        if (!low) return {};
        auto high = low;
        if (i < pattern.size() && pattern[i] == '-') {
            ++i;
            high = read_char();
            if (!high) return {};
        }
        if (*low <= c && c <= *high) matched = true;
    }
    return {matched != negated, i + 1};
}

enum class DoubleStar { kOrdinary, kCrossesSlashes };

bool match_here(std::string_view pattern, std::string_view name, DoubleStar double_star) {
    while (!pattern.empty()) {
        if (pattern[0] == '*') {
            if (double_star == DoubleStar::kCrossesSlashes && pattern.starts_with("**")) {
                pattern.remove_prefix(2);
                if (pattern.starts_with('/')) {  // "**/x": x at any depth, also at none
                    pattern.remove_prefix(1);
                    for (std::size_t i = 0; i <= name.size(); ++i) {
                        if ((i == 0 || name[i - 1] == '/') && match_here(pattern, name.substr(i), double_star)) {
                            return true;
                        }
                    }
                    return false;
                }
                for (std::size_t i = 0; i <= name.size(); ++i) {
                    if (match_here(pattern, name.substr(i), double_star)) return true;
                }
                return false;
            }
            pattern.remove_prefix(1);
            for (std::size_t i = 0;; ++i) {
                if (match_here(pattern, name.substr(i), double_star)) return true;
                if (i == name.size() || name[i] == '/') return false;
            }
        }
        if (name.empty()) return false;
        if (pattern[0] == '[') {
            const ClassMatch result = match_class(pattern, name[0]);
            if (!result.matched || name[0] == '/') return false;
            pattern.remove_prefix(result.size);
        } else if (pattern[0] == '?') {
            if (name[0] == '/') return false;
            pattern.remove_prefix(1);
        } else {
            if (pattern[0] == '\\') pattern.remove_prefix(1);
            if (pattern[0] != name[0]) return false;
            pattern.remove_prefix(1);
        }
        name.remove_prefix(1);
    }
    return name.empty();
}

Result<void> check_pattern(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size();) {
        if (pattern[i] == '\\') {
            if (i + 1 >= pattern.size()) {
                return make_error(ErrorCode::kInvalidInput, "pattern '{}' ends in a backslash", pattern);
            }
            i += 2;
        } else if (pattern[i] == '[') {
            const ClassMatch result = match_class(pattern.substr(i), 'x');
            if (result.size == 0) {
                return make_error(ErrorCode::kInvalidInput, "pattern '{}' has a malformed [...]", pattern);
            }
            i += result.size;
        } else {
            ++i;
        }
    }
    return {};
}

}  // namespace

Result<bool> match_wildcard(std::string_view pattern, std::string_view name) {
    SLIPWAY_TRY(check_pattern(pattern));
    return match_here(pattern, name, DoubleStar::kOrdinary);
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[\\") != std::string_view::npos; }

std::string unescape_wildcard(std::string_view pattern) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        text += pattern[i];
    }
    return text;
}

namespace {

struct Pattern {
    std::string text;
    std::vector<std::string> components;
    bool exception = false;

    [[nodiscard]] bool matches_path_or_parent(std::string_view path) const {
        for (std::size_t i = 0; i <= path.size(); ++i) {
            if ((i == path.size() || path[i] == '/') &&
                match_here(text, path.substr(0, i), DoubleStar::kCrossesSlashes)) {
                return true;
            }
        }
        return false;
    }

    /// Could a path longer than `directory` match?
    [[nodiscard]] bool reaches_below(std::string_view directory) const {
        const auto parts = path_components(directory);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i >= components.size()) return false;  // too short: it would have matched a parent
            if (components[i].find("**") != std::string::npos) return true;
            if (!match_here(components[i], parts[i], DoubleStar::kOrdinary)) return false;
        }
        return components.size() > parts.size();
    }
};

}  // namespace

struct PatternList::Impl {
    std::vector<Pattern> patterns;
};

PatternList::PatternList() : impl_(std::make_unique<Impl>()) {}
PatternList::PatternList(const PatternList& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
PatternList::PatternList(PatternList&&) noexcept = default;
PatternList& PatternList::operator=(PatternList&&) noexcept = default;
PatternList::~PatternList() = default;

Result<PatternList> PatternList::parse(std::span<const std::string> patterns) {
    PatternList list;
    for (const auto& line : patterns) {
        std::string_view text = trim(line);
        if (text.empty()) continue;
        Pattern pattern;
        if (text.starts_with('!')) {
            pattern.exception = true;
            text = trim(text.substr(1));
            if (text.empty()) return make_error(ErrorCode::kInvalidInput, "pattern '!' excepts nothing");
        }
        pattern.text = clean_path(text);
        SLIPWAY_TRY(check_pattern(pattern.text));
        for (const auto part : path_components(pattern.text)) pattern.components.emplace_back(part);
        list.impl_->patterns.push_back(std::move(pattern));
    }
    return list;
}

bool PatternList::empty() const { return impl_->patterns.empty(); }

bool PatternList::has_exceptions() const {
    for (const auto& pattern : impl_->patterns) {
        if (pattern.exception) return true;
    }
    return false;
}

bool PatternList::matches(std::string_view path) const {
    bool matched = false;
    for (const auto& pattern : impl_->patterns) {
        // Only a pattern that would change the answer needs to be tried.
        if (pattern.exception == matched && pattern.matches_path_or_parent(path)) matched = !pattern.exception;
    }
    return matched;
}

bool PatternList::may_except_below(std::string_view path) const {
    for (const auto& pattern : impl_->patterns) {
        if (pattern.exception && pattern.reaches_below(path)) return true;
    }
    return false;
}

bool PatternList::may_match_below(std::string_view path) const {
    for (const auto& pattern : impl_->patterns) {
        if (!pattern.exception && pattern.reaches_below(path)) return true;
    }
    return false;
}

}  // namespace slipway
