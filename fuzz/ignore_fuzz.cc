// Any ignore file gives clean patterns, each of which means itself again, and a list that matches
// in bounded time.
#include "base/path.h"
#include "base/pattern.h"
#include "dockerfile/ignore.h"
#include "dockerfile/internal/utf8.h"
#include "fuzz_check.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace slipway;
using namespace slipway::dockerfile;

namespace {

/// Cleaning can uncover a blank, '#' or '!' at the front ("./#x"): such a pattern reads differently
/// by itself.
bool reads_the_same(std::string_view body) {
    return !body.empty() && body == internal::trim_space(body) && !body.starts_with('#') &&
           !body.starts_with('!') && !body.starts_with('/') && !body.starts_with("\xEF\xBB\xBF");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto patterns = parse_ignore_file({reinterpret_cast<const char*>(data), size});
    for (const auto& pattern : patterns) {
        FUZZ_CHECK(!pattern.empty(), "an empty pattern");
        std::string_view body = pattern;
        if (body.starts_with('!')) body.remove_prefix(1);
        const bool clean =
            body.empty() || clean_path(body) == body || clean_path(pattern) == pattern;
        FUZZ_CHECK(clean, "a pattern is not clean");
        if (!reads_the_same(body) || clean_path(body) != body) continue;
        const auto again = parse_ignore_file(pattern);
        FUZZ_CHECK(again.size() == 1 && again[0] == pattern,
                   "a pattern reads differently by itself");
    }
    const auto list = PatternList::parse(patterns);
    if (!list) return 0;
    for (const std::string_view path :
         {"a", "a/b/c", ".git/config", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b"}) {
        static_cast<void>(list->matches(path));
        static_cast<void>(list->may_except_below(path));
    }
    return 0;
}
