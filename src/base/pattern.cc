// A pattern is compiled to tokens. Matching follows one way through them and remembers the other
// ways on a stack; a place (token, byte of the name) that was tried is not tried again, so the cost
// is at most their product, whatever the pattern. Most patterns are decided before that, by the
// text that they begin or end with.
#include "base/pattern.h"

#include "base/path.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace slipway {

namespace {

/// The first character of UTF-8 text, cut off; a byte that is not UTF-8 counts as one.
char32_t take_rune(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    char32_t rune = size == 1 ? lead : lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if (i >= text.size() || (byte(i) & 0xC0U) != 0x80) {
            text.remove_prefix(1);
            return 0x110000U + lead;
        }
        rune = (rune << 6U) | (byte(i) & 0x3FU);
    }
    text.remove_prefix(size);
    return rune;
}

struct CharClass {
    std::vector<std::pair<char32_t, char32_t>> ranges;
    bool negated = false;

    [[nodiscard]] bool matches(char32_t rune) const {
        for (const auto& [low, high] : ranges) {
            if (low <= rune && rune <= high) return !negated;
        }
        return negated;
    }
};

enum class Kind {
    kText,     ///< itself
    kAnyRune,  ///< `?`
    kClass,    ///< `[...]`
    kStar,     ///< `*`: anything without '/'
    kAll,      ///< `**` at the end: anything
    kDirs,  ///< `**` before something: nothing, or anything that ends in '/'; a kDirsRest follows
    kDirsRest,  ///< inside such a run of directories
};

struct Token {
    Kind kind;
    std::string text = {};
    CharClass chars = {};
};

enum class DoubleStar { kOrdinary, kCrossesSlashes };

class Compiler {
  public:
    Compiler(std::string_view pattern, DoubleStar double_star)
        : pattern_(pattern), rest_(pattern), double_star_(double_star) {}

    Result<std::vector<Token>> run() {
        while (!rest_.empty()) {
            if (rest_[0] == '*') {
                read_stars();
            } else if (rest_[0] == '?') {
                rest_.remove_prefix(1);
                tokens_.push_back({Kind::kAnyRune});
            } else if (rest_[0] == '[') {
                SLIPWAY_TRY(read_class());
            } else {
                SLIPWAY_TRY(read_text());
            }
        }
        return std::move(tokens_);
    }

  private:
    void read_stars() {
        const bool first = rest_.size() == pattern_.size();
        if (double_star_ == DoubleStar::kOrdinary || !rest_.starts_with("**")) {
            rest_.remove_prefix(1);
            tokens_.push_back({Kind::kStar});
            return;
        }
        rest_.remove_prefix(2);
        // "**x" is any path that ends in x, if x is plain text.
        const bool suffix = first && rest_.find_first_of("/*?[\\") != 0 &&
                            rest_.find_first_of("*?[]\\") == std::string_view::npos;
        if (rest_.starts_with('/')) rest_.remove_prefix(1);
        if (rest_.empty() || suffix) {
            tokens_.push_back({Kind::kAll});
        } else {
            tokens_.push_back({Kind::kDirs});
            tokens_.push_back({Kind::kDirsRest});
        }
    }

    Result<void> read_text() {
        if (rest_[0] == '\\') {
            rest_.remove_prefix(1);
            if (rest_.empty()) {
                return make_error(ErrorCode::kInvalidInput, "pattern '{}' ends in a backslash",
                                  pattern_);
            }
        }
        if (tokens_.empty() || tokens_.back().kind != Kind::kText) tokens_.push_back({Kind::kText});
        tokens_.back().text += rest_[0];
        rest_.remove_prefix(1);
        return {};
    }

    /// Ranges, '^' for negation, backslash escapes; at least one range is needed.
    Result<void> read_class() {
        rest_.remove_prefix(1);
        Token token{Kind::kClass};
        token.chars.negated = rest_.starts_with('^');
        if (token.chars.negated) rest_.remove_prefix(1);
        while (token.chars.ranges.empty() || !rest_.starts_with(']')) {
            const auto low = read_class_rune();
            auto high = low;
            if (low && rest_.starts_with('-')) {
                rest_.remove_prefix(1);
                high = read_class_rune();
            }
            if (!low || !high) {
                return make_error(ErrorCode::kInvalidInput, "pattern '{}' has a malformed [...]",
                                  pattern_);
            }
            token.chars.ranges.emplace_back(*low, *high);
        }
        rest_.remove_prefix(1);
        tokens_.push_back(std::move(token));
        return {};
    }

    std::optional<char32_t> read_class_rune() {
        if (rest_.empty() || rest_[0] == '-' || rest_[0] == ']') return std::nullopt;
        if (rest_[0] == '\\') rest_.remove_prefix(1);
        if (rest_.empty()) return std::nullopt;
        return take_rune(rest_);
    }

    std::string_view pattern_;
    std::string_view rest_;
    DoubleStar double_star_;
    std::vector<Token> tokens_;
};

class Matcher {
  public:
    Matcher(const std::vector<Token>& tokens, std::string_view name)
        : tokens_(tokens), name_(name), width_(name.size() + 1) {
        const std::size_t words = (tokens.size() * width_ + 63) / 64;
        if (words > small_.size()) large_.resize(words);
        tried_ = large_.empty() ? small_.data() : large_.data();
    }

    bool run() {
        ways_.emplace_back(0, 0);
        while (!ways_.empty()) {
            const auto [token, at] = ways_.back();
            ways_.pop_back();
            if (follow(token, at)) return true;
        }
        return false;
    }

  private:
    bool follow(std::size_t token, std::size_t at) {
        while (token < tokens_.size()) {
            if (!is_new(token, at)) return false;
            const bool more = at < name_.size();
            switch (tokens_[token].kind) {
                case Kind::kText:
                    if (!name_.substr(at).starts_with(tokens_[token].text)) return false;
                    at += tokens_[token].text.size();
                    break;
                case Kind::kAnyRune:
                case Kind::kClass: {
                    if (!more) return false;
                    auto rest = name_.substr(at);
                    const char32_t rune = take_rune(rest);
                    const bool fits = tokens_[token].kind == Kind::kClass
                                          ? tokens_[token].chars.matches(rune)
                                          : rune != '/';
                    if (!fits) return false;
                    at = name_.size() - rest.size();
                    break;
                }
                case Kind::kStar:
                    if (more && name_[at] != '/') ways_.emplace_back(token, at + 1);
                    break;
                case Kind::kAll:
                    return true;  // it stands last, or before text that run() has looked at
                case Kind::kDirs:
                    ways_.emplace_back(token + 1, at);
                    ++token;
                    break;
                case Kind::kDirsRest:
                    if (!more) return false;
                    ways_.emplace_back(token, at + 1);
                    if (name_[at] != '/') return false;
                    ++at;
                    break;
            }
            ++token;
        }
        return at == name_.size();
    }

    bool is_new(std::size_t token, std::size_t at) {
        const std::size_t bit = token * width_ + at;
        const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
        if ((tried_[bit / 64] & mask) != 0) return false;
        tried_[bit / 64] |= mask;
        return true;
    }

    const std::vector<Token>& tokens_;
    std::string_view name_;
    std::size_t width_;
    std::array<std::uint64_t, 32> small_{};
    std::vector<std::uint64_t> large_;
    std::uint64_t* tried_ = nullptr;
    std::vector<std::pair<std::size_t, std::size_t>> ways_;
};

bool match_tokens(const std::vector<Token>& tokens, std::string_view name) {
    if (tokens.empty()) return name.empty();
    const Token& first = tokens.front();
    const Token& last = tokens.back();
    if (tokens.size() == 1 && first.kind == Kind::kText) return name == first.text;
    if (first.kind == Kind::kText && !name.starts_with(first.text)) return false;
    if (last.kind == Kind::kText && !name.ends_with(last.text)) return false;
    return Matcher(tokens, name).run();
}

}  // namespace

Result<bool> match_wildcard(std::string_view pattern, std::string_view name) {
    SLIPWAY_ASSIGN(const auto tokens, Compiler(pattern, DoubleStar::kOrdinary).run());
    return match_tokens(tokens, name);
}

bool has_wildcard(std::string_view pattern) {
    return pattern.find_first_of("*?[\\") != std::string_view::npos;
}

bool names_many(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[') {
            return true;
        }
    }
    return false;
}

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
    std::vector<Token> tokens;
    std::vector<std::vector<Token>>
        components;                ///< each by itself, up to the first that has a `**`
    bool crosses_slashes = false;  ///< such a component follows
    bool exception = false;

    void cut(std::string_view text) {
        for (const auto part : path_components(text)) {
            auto compiled = Compiler(part, DoubleStar::kOrdinary).run();
            // A class can hold a '/': then it is no component that was cut off, or one that matches
            // more than one.
            crosses_slashes =
                !compiled || part.find("**") != std::string_view::npos ||
                std::any_of(compiled->begin(), compiled->end(), [](const Token& token) {
                    return token.kind == Kind::kClass && token.chars.matches('/');
                });
            if (crosses_slashes) return;
            components.push_back(*std::move(compiled));
        }
    }

    [[nodiscard]] bool matches_path_or_parent(std::string_view path) const {
        for (std::size_t i = 0; i <= path.size(); ++i) {
            if ((i == path.size() || path[i] == '/') && match_tokens(tokens, path.substr(0, i)))
                return true;
        }
        return false;
    }

    /// Could a path longer than `directory` match?
    [[nodiscard]] bool reaches_below(std::string_view directory) const {
        const auto parts = path_components(directory);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i >= components.size())
                return crosses_slashes;  // else too short: it would have matched a parent
            if (!match_tokens(components[i], parts[i])) return false;
        }
        return components.size() > parts.size() || crosses_slashes;
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
            if (text.empty())
                return make_error(ErrorCode::kInvalidInput, "pattern '!' excepts nothing");
        }
        const std::string cleaned = clean_path(text);
        SLIPWAY_ASSIGN(pattern.tokens, Compiler(cleaned, DoubleStar::kCrossesSlashes).run());
        pattern.cut(cleaned);
        list.impl_->patterns.push_back(std::move(pattern));
    }
    return list;
}

bool PatternList::empty() const {
    return impl_->patterns.empty();
}

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
        if (pattern.exception == matched && pattern.matches_path_or_parent(path))
            matched = !pattern.exception;
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
