#include "base/byte_size.h"
#include "base/text.h"
#include "dockerfile/ast.h"
#include "dockerfile/internal/values.h"

#include <algorithm>
#include <array>
#include <utility>

namespace slipway::dockerfile {

namespace {

template <typename... Args>
Error invalid(fmt::format_string<Args...> format, Args&&... args) {
    return make_error(ErrorCode::kInvalidInput, format, std::forward<Args>(args)...);
}

Error with_nearest(Error error, std::string_view word, std::span<const std::string> known) {
    const auto nearest = find_nearest(word, known);
    return nearest ? std::move(error).hint("did you mean '" + *nearest + "'?") : std::move(error);
}

const std::array<std::string, 5> kTypes = {"bind", "cache", "tmpfs", "secret", "ssh"};
const std::array<std::string, 3> kSharings = {"shared", "private", "locked"};

/// What was set, beside the mount itself: some keys fit some types only, and the type may come
/// last.
struct Reading {
    Mount mount;
    bool sharing_set = false;
    bool required_set = false;

    [[nodiscard]] std::string_view type() const {
        return kTypes[static_cast<std::size_t>(mount.type)];
    }
};

Result<void> set_bool(std::string_view key, const std::optional<std::string>& value, bool& target) {
    const auto parsed = value ? internal::parse_bool(*value) : true;
    if (!parsed) return invalid("'{}={}' is neither true nor false", key, *value);
    target = *parsed;
    return {};
}

Result<std::uint32_t> parse_number(std::string_view key, std::string_view value, int base) {
    const auto number = parse_uint(value, base);
    if (!number || *number > 0xFFFFFFFF) {
        return invalid("'{}={}' is no {} number", key, value, base == 8 ? "octal" : "decimal");
    }
    return static_cast<std::uint32_t>(*number);
}

template <std::size_t N>
Result<std::size_t> index_of(std::string_view what, std::string_view value,
                             const std::array<std::string, N>& names) {
    const auto found = std::find(names.begin(), names.end(), to_lower(value));
    if (found == names.end())
        return with_nearest(invalid("unknown mount {} '{}'", what, value), value, names);
    return static_cast<std::size_t>(found - names.begin());
}

using Setter = Result<void> (*)(Reading&, std::string_view key, const std::string& value);

template <std::string Mount::*Member>
Result<void> set_text(Reading& reading, std::string_view /*key*/, const std::string& value) {
    reading.mount.*Member = value;
    return {};
}

template <std::optional<std::uint32_t> Mount::*Member, int Base>
Result<void> set_number(Reading& reading, std::string_view key, const std::string& value) {
    SLIPWAY_ASSIGN(reading.mount.*Member, parse_number(key, value, Base));
    return {};
}

Result<void> set_type(Reading& reading, std::string_view /*key*/, const std::string& value) {
    SLIPWAY_ASSIGN(const auto index, index_of("type", value, kTypes));
    reading.mount.type = static_cast<Mount::Type>(index);
    return {};
}

Result<void> set_sharing(Reading& reading, std::string_view /*key*/, const std::string& value) {
    SLIPWAY_ASSIGN(const auto index, index_of("sharing", value, kSharings));
    reading.mount.sharing = static_cast<Mount::Sharing>(index);
    reading.sharing_set = true;
    return {};
}

Result<void> set_size(Reading& reading, std::string_view key, const std::string& value) {
    reading.mount.size = parse_byte_size(value);
    if (!reading.mount.size) return invalid("'{}={}' is no size such as '64m'", key, value);
    return {};
}

Result<void> set_env(Reading& reading, std::string_view /*key*/, const std::string& value) {
    reading.mount.env = value;
    return {};
}

struct Key {
    std::string_view name;
    Setter set;
};

constexpr std::array kKeys = {
    Key{"type", set_type},
    Key{"from", set_text<&Mount::from>},
    Key{"source", set_text<&Mount::source>},
    Key{"src", set_text<&Mount::source>},
    Key{"target", set_text<&Mount::target>},
    Key{"dst", set_text<&Mount::target>},
    Key{"destination", set_text<&Mount::target>},
    Key{"id", set_text<&Mount::id>},
    Key{"sharing", set_sharing},
    Key{"size", set_size},
    Key{"mode", set_number<&Mount::mode, 8>},
    Key{"uid", set_number<&Mount::uid, 10>},
    Key{"gid", set_number<&Mount::gid, 10>},
    Key{"env", set_env},
};

/// readonly, readwrite and required stand alone or with a boolean. Nothing when `key` is none of
/// them.
Result<bool> set_flag(Reading& reading, std::string_view key,
                      const std::optional<std::string>& value) {
    bool on = true;
    if (key == "readonly" || key == "ro") {
        SLIPWAY_TRY(set_bool(key, value, on));
        reading.mount.readonly = on;
    } else if (key == "readwrite" || key == "rw") {
        SLIPWAY_TRY(set_bool(key, value, on));
        reading.mount.readonly = !on;
    } else if (key == "required") {
        SLIPWAY_TRY(set_bool(key, value, on));
        reading.mount.required = on;
        reading.required_set = true;
    } else {
        return false;
    }
    return true;
}

Error unknown_key(std::string_view key) {
    std::vector<std::string> known = {"readonly", "ro", "readwrite", "rw", "required"};
    for (const auto& each : kKeys) known.emplace_back(each.name);
    return with_nearest(invalid("unknown key '{}'", key), key, known);
}

Result<void> read_field(Reading& reading, std::string_view field, const Expander& expand) {
    const auto cut = split_once(field, '=');
    const std::string key = to_lower(cut ? cut->first : field);
    std::optional<std::string> value;
    if (cut && key != "from") {
        SLIPWAY_ASSIGN(value, expand(cut->second));
    } else if (cut) {
        value = cut->second;
    }
    SLIPWAY_ASSIGN(const bool done, set_flag(reading, key, value));
    if (done) return {};
    const auto found =
        std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& each) { return each.name == key; });
    if (found == kKeys.end()) return unknown_key(key);
    if (!value) return invalid("'{}' needs a value: {}=...", key, key);
    return found->set(reading, key, *std::move(value));
}

/// Keys that do not fit the type.
Result<void> check_type(const Reading& reading) {
    const Mount& mount = reading.mount;
    const bool secret = mount.type == Mount::Type::kSecret;
    const bool cache = mount.type == Mount::Type::kCache;
    const bool ssh = mount.type == Mount::Type::kSsh;
    const auto refuse = [&](std::string_view key) {
        return invalid("a {} mount has no '{}'", reading.type(), key);
    };
    if (reading.required_set && !secret && !ssh) return refuse("required");
    if (mount.size && mount.type != Mount::Type::kTmpfs) return refuse("size");
    if (reading.sharing_set && !cache) return refuse("sharing");
    if (!secret && !ssh && !cache) {
        if (mount.mode) return refuse("mode");
        if (mount.uid) return refuse("uid");
        if (mount.gid) return refuse("gid");
    }
    if (secret) {
        if (!mount.from.empty()) return refuse("from");
        if (mount.source.empty() && mount.target.empty() && mount.id.empty()) {
            return invalid("a secret mount needs an id, a source or a target");
        }
        if (!mount.source.empty() && !mount.id.empty()) {
            return invalid("a secret mount is named by 'id' or by 'source', not by both");
        }
    }
    return {};
}

}  // namespace

Result<Mount> parse_mount(std::string_view value, const Expander& expand) {
    SLIPWAY_ASSIGN(const auto fields, internal::parse_csv(value).context("--mount"));
    Reading reading;
    for (const auto& field : fields)
        SLIPWAY_TRY(read_field(reading, field, expand).context("--mount={}", value));
    SLIPWAY_TRY(check_type(reading).context("--mount={}", value));
    return std::move(reading.mount);
}

Result<Mount> parse_mount(std::string_view value) {
    return parse_mount(
        value, [](std::string_view text) -> Result<std::string> { return std::string(text); });
}

}  // namespace slipway::dockerfile
