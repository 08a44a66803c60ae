#include "dockerfile/internal/lexer.h"

#include "dockerfile/internal/glob.h"
#include "dockerfile/internal/utf8.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace slipway::dockerfile::internal {

namespace {

/// ${a:-${b:-...}}: each level is one level of recursion here.
constexpr int kMaxDepth = 100;
/// Characters of values that are copied, and comparisons with patterns: about a tenth of a second.
constexpr std::size_t kMaxSteps = 50'000'000;

Error invalid(std::string message) {
    return {ErrorCode::kInvalidInput, std::move(message)};
}

/// Collects the words of the outermost text.
class WordSplitter {
  public:
    void add_quoted(std::string_view text) {
        current_ += text;
        in_word_ = true;
    }
    void add(std::string_view text) {
        while (!text.empty()) {
            const Rune rune = first_rune(text);
            if (!is_space(rune.value)) {
                add_quoted(text.substr(0, rune.size));
            } else if (in_word_ && !current_.empty()) {
                words_.push_back(std::exchange(current_, {}));
                in_word_ = false;
            }
            text.remove_prefix(rune.size);
        }
    }
    std::vector<std::string> take() {
        if (!current_.empty()) words_.push_back(std::move(current_));
        return std::move(words_);
    }

  private:
    std::vector<std::string> words_;
    std::string current_;
    bool in_word_ = false;
};

class Lexer {
  public:
    Lexer(std::string_view text, const Lookup& lookup, const LexOptions& options)
        : text_(text), lookup_(lookup), options_(options) {}

    Result<Lexed> run() {
        if (text_.starts_with("\xEF\xBB\xBF")) pos_ = 3;
        WordSplitter words;
        SLIPWAY_ASSIGN(out_.text, read_until('\0', options_.keep_escapes,
                                             options_.split_words ? &words : nullptr));
        out_.words = words.take();
        return std::move(out_);
    }

  private:
    [[nodiscard]] bool at_end() const { return pos_ == text_.size(); }
    [[nodiscard]] bool next_is(char c) const { return !at_end() && text_[pos_] == c; }
    /// The next character, whole.
    std::string_view take_rune() {
        const auto rune = text_.substr(pos_, first_rune(text_.substr(pos_)).size);
        pos_ += rune.size();
        return rune;
    }

    /// What stands for itself, at least one character.
    std::string_view take_plain(char stop) {
        const char special[] = {'$', '<', '\'', '"', options_.escape, stop};
        const std::size_t count = stop == '\0' ? std::size(special) - 1 : std::size(special);
        const auto first = take_rune();
        const std::size_t end =
            std::min(text_.find_first_of(std::string_view(special, count), pos_), text_.size());
        const std::size_t begin = pos_ - first.size();
        pos_ = end;
        return text_.substr(begin, end - begin);
    }

    Result<void> append(std::string& out, std::string_view text) const {
        if (out.size() + text.size() > options_.max_size) {
            return make_error(ErrorCode::kInvalidInput, "the result is larger than {} bytes",
                              options_.max_size);
        }
        out += text;
        return {};
    }

    /// Up to `stop`, which is consumed; '\0': up to the end.
    Result<std::string> read_until(char stop, bool keep_escapes, WordSplitter* words) {
        if (depth_ == kMaxDepth) return invalid("the substitutions are nested too deeply");
        ++depth_;
        std::string out;
        while (!at_end()) {
            if (budget_.is_spent()) return invalid("it takes too long");
            const char c = text_[pos_];
            if (stop != '\0' && c == stop) {
                ++pos_;
                --depth_;
                return out;
            }
            if (c == '$') {
                SLIPWAY_ASSIGN(const std::string value, read_dollar());
                SLIPWAY_TRY(append(out, value));
                if (words != nullptr) words->add(value);
            } else if (c == '<') {
                const auto redirection = read_redirection();
                SLIPWAY_TRY(append(out, redirection));
                if (words != nullptr) words->add_quoted(redirection);
            } else if ((c == '\'' || c == '"') && options_.quotes != Quotes::kKeepRaw) {
                SLIPWAY_ASSIGN(const std::string quoted, read_quoted(keep_escapes, stop != '\0'));
                SLIPWAY_TRY(append(out, quoted));
                if (words != nullptr) words->add_quoted(quoted);
            } else if (c == options_.escape) {
                const auto escape = take_rune();
                const auto escaped = take_rune();
                const std::string kept =
                    keep_escapes ? std::string(escape).append(escaped) : std::string(escaped);
                SLIPWAY_TRY(append(out, kept));
                if (words != nullptr && !kept.empty()) words->add_quoted(kept);
            } else {
                const auto plain = take_plain(stop);
                SLIPWAY_TRY(append(out, plain));
                if (words != nullptr) words->add(plain);
            }
        }
        if (stop != '\0')
            return make_error(ErrorCode::kInvalidInput, "a closing '{}' is missing", stop);
        --depth_;
        return out;
    }

    Result<std::string> read_quoted(bool keep_escapes, bool in_pattern) {
        const bool keep_quotes = options_.quotes == Quotes::kKeepShown;
        const auto quote = text_.substr(pos_++, 1);
        std::string out;
        if (keep_quotes) out += quote;
        while (!at_end()) {
            const char c = text_[pos_];
            if (c == quote[0]) {
                ++pos_;
                if (keep_quotes) out += quote;
                return out;
            }
            const bool special = quote != "'";
            if (special && c == '$') {
                SLIPWAY_ASSIGN(const std::string value, read_dollar());
                SLIPWAY_TRY(append(out, value));
            } else if (special && c == options_.escape) {
                ++pos_;
                const bool escapes = next_is('"') || next_is('$') || next_is(options_.escape);
                // Before another character it stands for itself: a pattern must have it doubled.
                if (keep_escapes && (escapes || in_pattern || !keep_quotes)) out += c;
                out += escapes ? take_rune() : std::string_view(&c, 1);
            } else {
                out += take_rune();
            }
        }
        return make_error(ErrorCode::kInvalidInput, "a closing {} quote is missing",
                          quote == "'" ? "single" : "double");
    }

    /// "<" or "<<" with the blanks that follow: a heredoc's delimiter belongs to the word of its
    /// "<<".
    std::string_view read_redirection() {
        const std::size_t begin = pos_++;
        if (next_is('<')) {
            ++pos_;
            while (next_is(' ') || next_is('\t') || next_is('\r')) ++pos_;
        }
        return text_.substr(begin, pos_ - begin);
    }

    /// Letters, digits and '_'; or digits alone; or one special parameter. May be empty.
    std::string_view read_name() {
        const std::size_t begin = pos_;
        const auto next = [this] { return first_rune(text_.substr(pos_)); };
        if (is_digit(next().value)) {
            while (is_digit(next().value)) pos_ += next().size;
        } else if (!at_end() &&
                   std::string_view("@*#?-$!").find(text_[pos_]) != std::string_view::npos) {
            ++pos_;
        } else {
            while (is_letter(next().value) || is_digit(next().value) || next_is('_')) {
                pos_ += next().size;
            }
        }
        return text_.substr(begin, pos_ - begin);
    }

    std::optional<std::string> look_up(std::string_view name) {
        auto value = lookup_(name);
        if (value) budget_.spend(value->size());
        (value ? out_.used : out_.unset).emplace(name);
        return value;
    }

    /// At '$'.
    Result<std::string> read_dollar() {
        const std::size_t begin = pos_++;
        if (!next_is('{')) {
            const auto name = read_name();
            if (name.empty()) return std::string("$");
            auto value = look_up(name);
            if (!value && options_.unset == Unset::kLeave)
                return std::string(text_.substr(begin, pos_ - begin));
            return std::move(value).value_or("");
        }
        ++pos_;
        if (at_end()) return missing_brace();
        if (next_is('{') || next_is('}') || next_is(':'))
            return invalid("bad substitution: no name after '${'");
        const auto name = read_name();
        if (at_end()) return missing_brace();
        if (next_is('}')) {
            ++pos_;
            auto value = look_up(name);
            if (!value && options_.unset == Unset::kLeave)
                return std::string(text_.substr(begin, pos_ - begin));
            return std::move(value).value_or("");
        }
        if (next_is('/')) return read_replacement(name);
        return read_modifier(name);
    }

    static Error missing_brace() { return invalid("a closing '}' is missing"); }
    static Error unsupported(std::string_view modifier) {
        return make_error(ErrorCode::kInvalidInput, "unsupported modifier '{}' in a substitution",
                          modifier);
    }

    /// ${name-word}, ${name:-word}, ...: at the modifier.
    Result<std::string> read_modifier(std::string_view name) {
        const std::size_t begin = pos_;
        const bool empty_is_unset = next_is(':');
        if (empty_is_unset) ++pos_;
        if (at_end()) return missing_brace();
        take_rune();
        const auto modifier = text_.substr(begin, pos_ - begin);
        const char kind = modifier.back();
        const bool trims = kind == '#' || kind == '%';
        const bool known = std::string_view("-+?#%").find(kind) != std::string_view::npos;
        if (empty_is_unset ? trims : !known) return unsupported(modifier);
        SLIPWAY_ASSIGN(std::string word, read_until('}', trims, nullptr));
        auto value = look_up(name);
        if (!value && options_.unset == Unset::kLeave) {
            return "${" + std::string(name) + std::string(modifier) + word + "}";
        }
        const bool missing = !value || (empty_is_unset && value->empty());
        switch (kind) {
            case '-':
                return missing ? std::move(word) : *std::move(value);
            case '+':
                return missing ? std::string() : std::move(word);
            case '?': {
                if (!missing) return *std::move(value);
                const std::string_view why = !word.empty() ? std::string_view(word)
                                             : value       ? "is not allowed to be empty"
                                                           : "is not allowed to be unset";
                return make_error(ErrorCode::kInvalidInput, "{}: {}", name, why);
            }
            case '#':
            case '%':
                break;
            default:
                return unsupported(modifier);
        }
        const bool doubled = word.starts_with(kind);
        SLIPWAY_ASSIGN(const Glob pattern,
                       Glob::parse(std::string_view(word).substr(doubled ? 1 : 0)));
        const Length length = doubled ? Length::kLongest : Length::kShortest;
        const std::string text = std::move(value).value_or("");
        return kind == '#' ? pattern.trim_prefix(text, length, budget_)
                           : pattern.trim_suffix(text, length, budget_);
    }

    /// ${name/pattern/text} and ${name//pattern/text}: at the first slash.
    Result<std::string> read_replacement(std::string_view name) {
        ++pos_;
        const Occurrences occurrences = next_is('/') ? Occurrences::kAll : Occurrences::kFirst;
        if (occurrences == Occurrences::kAll) ++pos_;
        SLIPWAY_ASSIGN(const std::string word, read_until('/', true, nullptr));
        SLIPWAY_ASSIGN(const std::string replacement, read_until('}', true, nullptr));
        const auto value = look_up(name);
        if (!value && options_.unset == Unset::kLeave) {
            return "${" + std::string(name) + "/" + word + "/" + replacement + "}";
        }
        SLIPWAY_ASSIGN(const Glob pattern, Glob::parse(word));
        return pattern.replace(value.value_or(""), replacement, occurrences, options_.max_size,
                               budget_);
    }

    std::string_view text_;
    const Lookup& lookup_;
    const LexOptions& options_;
    std::size_t pos_ = 0;
    int depth_ = 0;
    Budget budget_{kMaxSteps};
    Lexed out_;
};

}  // namespace

Result<Lexed> lex(std::string_view text, const Lookup& lookup, const LexOptions& options) {
    return Lexer(text, lookup, options).run();
}

}  // namespace slipway::dockerfile::internal
