#include "stack/wheel_folder.h"

#include "base/text.h"
#include "os/dir.h"
#include "os/file.h"

#include <algorithm>

namespace slipway::stack {

namespace {

constexpr const char* kCommitFile = "commit.txt";

/// Runs of '-', '_' and '.' are one '_', letters are lower case.
std::string normalised(std::string_view name) {
    std::string text;
    for (const char c : to_lower(name)) {
        if (c != '-' && c != '_' && c != '.') {
            text += c;
        } else if (!text.ends_with('_')) {
            text += '_';
        }
    }
    return text;
}

/// "cp310.cp311"
std::vector<std::string> tags(std::string_view text) {
    std::vector<std::string> all;
    for (const auto tag : split(text, '.')) all.emplace_back(tag);
    return all;
}

bool fits_machine(const WheelName& wheel, const std::string& machine) {
    return std::ranges::any_of(wheel.platforms, [&](const std::string& platform) {
        return platform == "any" || platform.ends_with("_" + machine);
    });
}

/// The minor version of "cp312".
std::optional<std::uint64_t> minor_of(std::string_view python) {
    constexpr std::string_view kLead = "cp3";
    return python.starts_with(kLead) ? parse_uint(python.substr(kLead.size())) : std::nullopt;
}

bool fits_python(const WheelName& wheel, const std::string& python) {
    const bool stable = std::ranges::find(wheel.abis, "abi3") != wheel.abis.end();
    const auto wanted = minor_of(python);
    return std::ranges::any_of(wheel.pythons, [&](const std::string& tag) {
        if (tag == python || tag == "py3") return true;
        const auto least = minor_of(tag);
        return stable && least && wanted && *least <= *wanted;
    });
}

Result<std::vector<std::string>> wheels_in(const std::string& folder) {
    if (!os::path_exists(folder))
        return make_error(ErrorCode::kNotFound, "there is no folder '{}'", folder);
    SLIPWAY_ASSIGN(const auto dir, os::Dir::open(folder));
    SLIPWAY_ASSIGN(const auto entries, dir.list(RelPath()));
    std::vector<std::string> names;
    for (const auto& entry : entries)
        if (entry.name.ends_with(".whl")) names.push_back(entry.name);
    return names;
}

Result<void> check_commit(const std::string& folder, const std::string& wanted) {
    SLIPWAY_ASSIGN(const auto text, os::find_file(folder + "/" + kCommitFile, 4096));
    if (!text) {
        return make_error(ErrorCode::kNotFound,
                          "'{}' has no {}, so nobody knows which commit its wheel is of; '{}' is "
                          "wanted",
                          folder, kCommitFile, wanted)
            .hint(fmt::format("write '{}' into it if that is what the wheel was built from, or "
                              "build it anew",
                              wanted));
    }
    const std::string_view found = trim(*text);
    if (found == wanted) return {};
    return make_error(ErrorCode::kInvalidInput,
                      "{} in '{}' says '{}', but a wheel of '{}' is wanted", kCommitFile, folder,
                      found, wanted)
        .hint("build the wheel of that commit for this machine, or name the commit that it is of");
}

}  // namespace

Result<WheelName> WheelName::parse(std::string_view file) {
    const auto no_wheel = [&] {
        return make_error(ErrorCode::kInvalidInput, "'{}' is no name of a wheel", file)
            .hint("NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl");
    };
    constexpr std::string_view kEnd = ".whl";
    if (!file.ends_with(kEnd)) return no_wheel();
    const auto parts = split(file.substr(0, file.size() - kEnd.size()), '-');
    if (parts.size() != 5 && parts.size() != 6) return no_wheel();
    if (std::ranges::any_of(parts, [](auto part) { return part.empty(); })) return no_wheel();
    const auto last = parts.size();
    return WheelName{.package = normalised(parts[0]),
                     .version = std::string(parts[1]),
                     .pythons = tags(parts[last - 3]),
                     .abis = tags(parts[last - 2]),
                     .platforms = tags(parts[last - 1])};
}

Result<void> check_wheel_folder(const std::string& folder, const WantedWheel& wanted) {
    SLIPWAY_ASSIGN(const auto files, wheels_in(folder));
    std::vector<std::string> found;
    for (const std::string& file : files) {
        SLIPWAY_ASSIGN(const auto wheel, WheelName::parse(file).context("'{}'", folder));
        if (wheel.package == normalised(wanted.package)) found.push_back(file);
    }
    if (found.empty()) {
        return make_error(ErrorCode::kNotFound, "'{}' has no wheel of {}; it has {}", folder,
                          wanted.package, files.empty() ? "no wheel at all" : join(files, ", "))
            .hint(
                fmt::format("put one wheel of {} for {} into it", wanted.package, wanted.machine));
    }
    if (found.size() > 1) {
        return make_error(ErrorCode::kInvalidInput,
                          "'{}' has {} wheels of {}, and one is wanted: {}", folder, found.size(),
                          wanted.package, join(found, ", "))
            .hint("leave the one to install, and take the others away");
    }
    SLIPWAY_ASSIGN(const auto wheel, WheelName::parse(found.front()));
    if (!fits_machine(wheel, wanted.machine)) {
        return make_error(ErrorCode::kInvalidInput,
                          "'{}' in '{}' is for {}, and one for {} is wanted", found.front(), folder,
                          join(wheel.platforms, ", "), wanted.machine)
            .hint("build it on such a machine, or choose another --platform");
    }
    if (!wanted.python.empty() && !fits_python(wheel, wanted.python)) {
        return make_error(ErrorCode::kInvalidInput,
                          "'{}' in '{}' is for Python {}, and one for {} is wanted", found.front(),
                          folder, join(wheel.pythons, ", "), wanted.python)
            .hint("build it with that Python, or choose the Python that it is for");
    }
    if (wanted.commit.empty()) return {};
    return check_commit(folder, wanted.commit);
}

}  // namespace slipway::stack
