#include "image/reference.h"

#include "base/text.h"

#include <algorithm>

namespace slipway::image {

namespace {

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::size_t kMaxRepository = 255;
constexpr std::size_t kMaxTag = 128;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower_alnum(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z');
}
bool is_alnum(char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

bool is_hex_id(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f');
           });
}

/// One name between slashes: letters and digits, joined by '.', '_', '__' or any number of '-'.
bool is_path_component(std::string_view text) {
    std::size_t i = 0;
    while (true) {
        const std::size_t start = i;
        while (i < text.size() && is_lower_alnum(text[i])) ++i;
        if (i == start) return false;
        if (i == text.size()) return true;
        if (text[i] == '.') {
            ++i;
        } else if (text[i] == '_') {
            i += text.substr(i).starts_with("__") ? 2U : 1U;
        } else if (text[i] == '-') {
            while (i < text.size() && text[i] == '-') ++i;
        } else {
            return false;
        }
    }
}

bool is_host(std::string_view host) {
    if (host.starts_with('[')) {
        return host.size() > 2 && host.ends_with(']') &&
               std::all_of(host.begin() + 1, host.end() - 1, [](char c) {
                   return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
                          c == ':';
               });
    }
    const auto labels = split(host, '.');
    return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
        return !label.empty() && is_alnum(label.front()) && is_alnum(label.back()) &&
               std::all_of(label.begin(), label.end(),
                           [](char c) { return is_alnum(c) || c == '-'; });
    });
}

bool is_registry(std::string_view text) {
    const std::size_t after_host = text.starts_with('[') ? text.find(']') : 0;
    if (after_host == std::string_view::npos) return false;
    const std::size_t colon = text.find(':', after_host);
    if (colon == std::string_view::npos) return is_host(text);
    const std::string_view port = text.substr(colon + 1);
    return is_host(text.substr(0, colon)) && !port.empty() &&
           std::all_of(port.begin(), port.end(), is_digit);
}

bool is_tag(std::string_view tag) {
    return !tag.empty() && tag.size() <= kMaxTag && (is_alnum(tag[0]) || tag[0] == '_') &&
           std::all_of(tag.begin(), tag.end(),
                       [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

/// Docker's rule: what stands before the first slash is a registry only when it could not be a path
/// component of Docker Hub.
bool names_registry(std::string_view first) {
    return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
           to_lower(first) != first;
}

template <typename... Args>
Error invalid(std::string_view text, fmt::format_string<Args...> why, Args&&... args) {
    return make_error(ErrorCode::kInvalidInput, "image reference '{}': {}", text,
                      fmt::format(why, std::forward<Args>(args)...));
}

Result<void> check_repository(std::string_view text, const std::string& repository) {
    if (repository.empty()) return invalid(text, "the repository name is missing");
    if (repository.size() > kMaxRepository) {
        return invalid(text, "the repository name is longer than {} characters", kMaxRepository);
    }
    if (to_lower(repository) != repository) {
        return invalid(text, "the repository name must be lower case");
    }
    for (const auto component : split(repository, '/')) {
        if (!is_path_component(component)) {
            return invalid(text, "'{}' is not a valid repository name", repository);
        }
    }
    return {};
}

}  // namespace

Result<ImageRef> ImageRef::parse(std::string_view text) {
    if (text.empty()) return make_error(ErrorCode::kInvalidInput, "the image reference is empty");
    if (is_hex_id(text)) return invalid(text, "64 hex digits are an image ID, not a name");
    ImageRef ref;
    std::string_view rest = text;
    if (const auto cut = split_once(text, '@')) {
        rest = cut->first;
        auto digest = Digest::parse(cut->second);
        if (!digest) return invalid(text, "'{}' is not a sha256 digest", cut->second);
        ref.digest = *digest;
    }
    const std::size_t slash = rest.rfind('/');
    const std::size_t colon = rest.rfind(':');
    if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
        ref.tag = rest.substr(colon + 1);
        if (!is_tag(ref.tag)) return invalid(text, "'{}' is not a valid tag", ref.tag);
        rest = rest.substr(0, colon);
    } else if (!ref.digest) {
        ref.tag = "latest";
    }
    const auto cut = split_once(rest, '/');
    if (cut && names_registry(cut->first)) {
        ref.registry = cut->first == "index.docker.io" ? kDockerHub : cut->first;
        ref.repository = cut->second;
    } else {
        ref.registry = kDockerHub;
        ref.repository = rest;
    }
    if (!is_registry(ref.registry)) {
        return invalid(text, "'{}' is not a valid registry", ref.registry);
    }
    if (ref.registry == kDockerHub && !ref.repository.empty() &&
        ref.repository.find('/') == std::string::npos) {
        ref.repository.insert(0, kOfficial);
    }
    SLIPWAY_TRY(check_repository(text, ref.repository));
    return ref;
}

namespace {

std::string with_version(std::string name, const ImageRef& ref) {
    if (!ref.tag.empty()) name += ":" + ref.tag;
    if (ref.digest) name += "@" + ref.digest->to_string();
    return name;
}

}  // namespace

std::string ImageRef::to_string() const {
    return with_version(name(), *this);
}

std::string ImageRef::familiar() const {
    if (registry != kDockerHub) return to_string();
    const std::size_t slash = repository.find('/');
    if (slash != std::string::npos && names_registry(repository.substr(0, slash)))
        return to_string();  // by itself the path would name a registry
    const bool official = repository.starts_with(kOfficial) &&
                          repository.find('/', kOfficial.size()) == std::string::npos;
    return with_version(official ? repository.substr(kOfficial.size()) : repository, *this);
}

}  // namespace slipway::image
