#include "dockerfile/ignore.h"

#include "base/path.h"
#include "base/text.h"
#include "dockerfile/internal/utf8.h"

namespace slipway::dockerfile {

std::vector<std::string> parse_ignore_file(std::string_view text) {
    using internal::trim_space;
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    std::vector<std::string> patterns;
    for (std::string_view line : split(text, '\n')) {
        if (line.starts_with('#')) continue;
        line = trim_space(line);
        if (line.empty()) continue;
        const bool exception = line.starts_with('!');
        if (exception) line = trim_space(line.substr(1));
        std::string pattern = line.empty() ? std::string() : clean_path(line);
        if (pattern.size() > 1 && pattern.starts_with('/')) pattern.erase(0, 1);
        patterns.push_back(exception ? "!" + pattern : pattern);
    }
    return patterns;
}

}  // namespace slipway::dockerfile
