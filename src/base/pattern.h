// Path patterns, with the meaning that Docker's tools give them.
#pragma once

#include "base/result.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Go's filepath.Match: `*` and `?` do not cross '/', `[a-z]` and `[^a-z]` classes, backslash
/// escapes. The whole of `name` must match. kInvalidInput for a malformed pattern, whatever the
/// name.
Result<bool> match_wildcard(std::string_view pattern, std::string_view name);
/// Does it contain `*`, `?`, `[` or an escape?
bool has_wildcard(std::string_view pattern);
/// Not the same as has_wildcard: an escaped star is a plain name.
bool names_many(std::string_view pattern);
/// Without the escaping backslashes.
std::string unescape_wildcard(std::string_view pattern);

/// A list of patterns as in a .dockerignore file (moby/patternmatcher): the last one that matches
/// decides, `!` takes back, `**` matches any number of components, a matched directory matches all
/// below it.
class PatternList {
  public:
    /// kInvalidInput for a malformed pattern. Blank patterns are skipped.
    static Result<PatternList> parse(std::span<const std::string> patterns);
    PatternList();
    PatternList(const PatternList&);
    PatternList(PatternList&&) noexcept;
    PatternList& operator=(PatternList&&) noexcept;
    ~PatternList();

    [[nodiscard]] bool empty() const;
    /// Does any pattern start with '!'?
    [[nodiscard]] bool has_exceptions() const;
    /// `path` is relative, cleaned, with '/'. A match of a parent directory counts.
    [[nodiscard]] bool matches(std::string_view path) const;
    /// Given that the directory `path` matches (is excluded): could a '!' pattern still bring back
    /// something below it?
    [[nodiscard]] bool may_except_below(std::string_view path) const;
    /// For include lists: could something below the directory `path`, which does not match itself,
    /// match?
    [[nodiscard]] bool may_match_below(std::string_view path) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway
