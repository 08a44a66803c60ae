#include "stack/flags.h"

#include "base/text.h"

#include <algorithm>

namespace slipway::stack {

namespace {

std::string with_dashes(std::string name) {
    std::ranges::replace(name, '_', '-');
    return name;
}

const Flag* find_flag(const Stack& stack, std::string_view name) {
    const std::string wanted = with_dashes(std::string(name));
    const auto found = std::ranges::find_if(
        stack.flags, [&](const Flag& flag) { return with_dashes(flag.name) == wanted; });
    return found == stack.flags.end() ? nullptr : &*found;
}

std::string with_value(std::string word, std::string_view value) {
    constexpr std::string_view kValue = "${VALUE}";
    for (auto at = word.find(kValue); at != std::string::npos;
         at = word.find(kValue, at + value.size()))
        word.replace(at, kValue.size(), value);
    return word;
}

}  // namespace

Result<std::vector<std::string>> replace_flags(const Stack& stack,
                                               const std::vector<std::string>& words) {
    std::vector<std::string> replaced;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            replaced.insert(replaced.end(), words.begin() + static_cast<std::ptrdiff_t>(i),
                            words.end());
            break;
        }
        const std::string_view name =
            std::string_view(word).substr(0, word.find('=')).substr(word.starts_with("--") ? 2 : 0);
        const Flag* flag = word.starts_with("--") ? find_flag(stack, name) : nullptr;
        if (flag == nullptr) {
            replaced.push_back(word);
            continue;
        }
        if (!flag->error.empty())
            return make_error(ErrorCode::kUsage, "--{} is not there", name).hint(flag->error);
        const auto pair = split_once(word, '=');
        std::string value(pair ? pair->second : "");
        if (!flag->value && pair) {
            return make_error(ErrorCode::kUsage, "--{} takes no value", name).hint(flag->help);
        }
        if (flag->value && !pair) {
            if (i + 1 == words.size() || words[i + 1].starts_with("--"))
                return make_error(ErrorCode::kUsage, "--{} needs a value", name).hint(flag->help);
            value = words[++i];
        }
        for (const std::string& meant : flag->means) replaced.push_back(with_value(meant, value));
    }
    return replaced;
}

}  // namespace slipway::stack
