#include "base/text.h"
#include "exporter/exporter.h"
#include "image/reference.h"

#include <algorithm>
#include <array>

namespace slipway::exporter {

namespace {

struct TypeName {
    std::string_view name;
    OutputType type;
};
constexpr std::array<TypeName, 5> kTypes = {{{"image", OutputType::kImage},
                                             {"oci", OutputType::kOci},
                                             {"docker", OutputType::kDocker},
                                             {"local", OutputType::kLocal},
                                             {"tar", OutputType::kTar}}};

Error usage(std::string message) {
    return {ErrorCode::kUsage, std::move(message)};
}

Error with_nearest(Error error, std::string_view word, const std::vector<std::string>& known) {
    const auto nearest = find_nearest(word, known);
    if (!nearest) return error;
    return std::move(error).hint(fmt::format("did you mean '{}'?", *nearest));
}

Result<bool> parse_bool(std::string_view key, std::string_view value) {
    if (value == "true" || value == "1") return true;
    if (value == "false" || value == "0") return false;
    return usage(fmt::format("'{}' is true or false, not '{}'", key, value));
}

using Handler = Result<void> (*)(OutputSpec&, std::string_view key, std::string_view value);

Result<void> set_dest(OutputSpec& spec, std::string_view /*key*/, std::string_view value) {
    spec.dest = value;
    return {};
}

Result<void> set_names(OutputSpec& spec, std::string_view /*key*/, std::string_view value) {
    for (const auto part : split(value, ',')) {
        const auto ref = image::ImageRef::parse(trim(part));
        if (!ref) return usage(ref.error().to_string());
        spec.names.push_back(ref->to_string());
    }
    return {};
}

Result<void> set_compression(OutputSpec& spec, std::string_view /*key*/, std::string_view value) {
    if (value == "gzip") {
        spec.compression = archive::Compression::kGzip;
    } else if (value == "zstd") {
        spec.compression = archive::Compression::kZstd;
    } else if (value == "uncompressed") {
        spec.compression = archive::Compression::kNone;
    } else if (value == "estargz" || value == "nydus") {
        return make_error(ErrorCode::kUnsupported, "compression '{}' is not supported", value);
    } else {
        return with_nearest(usage(fmt::format("there is no compression '{}'", value)), value,
                            {"gzip", "zstd", "uncompressed"});
    }
    return {};
}

Result<void> set_level(OutputSpec& spec, std::string_view key, std::string_view value) {
    const auto level = parse_int(value);
    if (!level || *level < -100 || *level > 100) {
        return usage(fmt::format("'{}' is a number, not '{}'", key, value));
    }
    spec.compression_level = static_cast<int>(*level);
    return {};
}

Result<void> set_epoch(OutputSpec& spec, std::string_view key, std::string_view value) {
    spec.source_date_epoch = parse_int(value);
    if (spec.source_date_epoch || value.empty()) return {};
    return usage(fmt::format("'{}' is in seconds since 1970, not '{}'", key, value));
}

Result<void> set_tar(OutputSpec& spec, std::string_view key, std::string_view value) {
    SLIPWAY_ASSIGN(spec.tar, parse_bool(key, value));
    return {};
}

Result<void> set_rewrite(OutputSpec& spec, std::string_view key, std::string_view value) {
    SLIPWAY_ASSIGN(spec.rewrite_timestamp, parse_bool(key, value));
    return {};
}

/// For keys of which one value says what we do anyway.
template <bool kOurs>
Result<void> accept_only(OutputSpec& /*spec*/, std::string_view key, std::string_view value) {
    SLIPWAY_ASSIGN(const bool wanted, parse_bool(key, value));
    if (wanted == kOurs) return {};
    return make_error(ErrorCode::kUnsupported, "{}={} is not supported", key, value);
}

/// For keys that say nothing to a builder of one platform without attestations.
Result<void> accept_any(OutputSpec& /*spec*/, std::string_view key, std::string_view value) {
    SLIPWAY_TRY(parse_bool(key, value));
    return {};
}

Result<void> set_mode(OutputSpec& /*spec*/, std::string_view key, std::string_view value) {
    if (value == "copy") return {};
    return make_error(ErrorCode::kUnsupported, "{}={} is not supported", key, value);
}

constexpr unsigned bit(OutputType type) {
    return 1U << static_cast<unsigned>(type);
}
constexpr unsigned kImageTypes =
    bit(OutputType::kImage) | bit(OutputType::kOci) | bit(OutputType::kDocker);
constexpr unsigned kFileTypes = bit(OutputType::kLocal) | bit(OutputType::kTar);
constexpr unsigned kWithDest = bit(OutputType::kOci) | bit(OutputType::kDocker) | kFileTypes;

struct Key {
    std::string_view name;
    unsigned types;
    Handler handler;
};
constexpr std::array<Key, 21> kKeys = {{
    {"dest", kWithDest, set_dest},
    {"name", kImageTypes, set_names},
    {"compression", kImageTypes, set_compression},
    {"compression-level", kImageTypes, set_level},
    {"force-compression", kImageTypes, accept_only<false>},
    {"oci-mediatypes", kImageTypes, accept_only<true>},
    {"oci-artifact", kImageTypes, accept_any},
    {"rewrite-timestamp", kImageTypes, set_rewrite},
    {"source-date-epoch", kImageTypes | kFileTypes, set_epoch},
    {"tar", bit(OutputType::kOci), set_tar},
    {"mode", bit(OutputType::kLocal), set_mode},
    {"platform-split", kFileTypes, accept_any},
    {"push", bit(OutputType::kImage), accept_only<false>},
    {"push-by-digest", bit(OutputType::kImage), accept_only<false>},
    {"registry.insecure", bit(OutputType::kImage), accept_any},
    {"store", bit(OutputType::kImage), accept_only<true>},
    {"unpack", bit(OutputType::kImage), accept_any},
    {"attestation-inline", kImageTypes, accept_only<false>},
    {"prefer-nondist-layers", kImageTypes, accept_only<false>},
    {"name-canonical", kImageTypes, accept_only<false>},
    {"buildinfo", kImageTypes, accept_any},
}};

constexpr std::string_view kAnnotation = "annotation";

/// "annotation.K" and "annotation-manifest.K"; the other places and platforms would need an index.
Result<void> add_annotation(OutputSpec& spec, std::string_view key, std::string_view value) {
    const auto parts = split_once(key, '.');
    if (!parts || parts->second.empty()) {
        return usage(fmt::format("'{}' names no annotation: it is annotation.KEY=VALUE", key));
    }
    if ((kImageTypes & bit(spec.type)) == 0) {
        return usage(fmt::format("type={} takes no annotations", to_string(spec.type)));
    }
    if (parts->first != kAnnotation && parts->first != "annotation-manifest") {
        return make_error(ErrorCode::kUnsupported, "'{}' is not supported; annotation.KEY is", key);
    }
    spec.annotations[std::string(parts->second)] = value;
    return {};
}

Result<void> apply(OutputSpec& spec, std::string_view name, std::string_view value) {
    if (name.starts_with(kAnnotation)) return add_annotation(spec, name, value);
    for (const Key& key : kKeys) {
        if (key.name != name) continue;
        if ((key.types & bit(spec.type)) == 0) {
            return usage(fmt::format("type={} takes no '{}'", to_string(spec.type), name));
        }
        return key.handler(spec, name, value);
    }
    std::vector<std::string> known = {"type"};
    for (const Key& key : kKeys) {
        if ((key.types & bit(spec.type)) != 0) known.emplace_back(key.name);
    }
    return with_nearest(usage(fmt::format("there is no key '{}'", name)), name, known);
}

Result<OutputType> parse_type(std::string_view text) {
    std::vector<std::string> known;
    for (const auto& [name, type] : kTypes) {
        if (name == text) return type;
        known.emplace_back(name);
    }
    if (text == "registry") {
        return Error(ErrorCode::kUnsupported, "type=registry is not supported: no image is pushed")
            .hint("write type=oci,dest=FILE and push it with 'skopeo copy'");
    }
    return with_nearest(usage(fmt::format("there is no output type '{}'", text)), text, known);
}

/// Fields of one CSV record (RFC 4180): quotes stand around a whole field, and double inside it.
Result<std::vector<std::string>> split_fields(std::string_view text) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            fields.back() += text[++i];
        } else if (c == '"' && (quoted || fields.back().empty())) {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    if (quoted) return usage("a double quote is not closed");
    return fields;
}

Result<void> check_complete(OutputSpec& spec) {
    if ((kWithDest & bit(spec.type)) == 0 || !spec.dest.empty()) {
        const bool folder = spec.type == OutputType::kLocal || !spec.tar;
        if (folder && spec.dest == "-") return usage("a folder cannot go to stdout");
        return {};
    }
    if (spec.type == OutputType::kLocal || !spec.tar) {
        return usage(fmt::format("type={} needs dest=FOLDER here", to_string(spec.type)));
    }
    spec.dest = "-";
    return {};
}

}  // namespace

std::string_view to_string(OutputType type) {
    for (const auto& entry : kTypes) {
        if (entry.type == type) return entry.name;
    }
    return "";
}

Result<OutputSpec> OutputSpec::parse(std::string_view text) {
    OutputSpec spec;
    if (text.empty()) return usage("the output is empty");
    if (text == "-") {
        spec.type = OutputType::kTar;
        spec.dest = text;
        return spec;
    }
    SLIPWAY_ASSIGN(const auto fields, split_fields(text));
    if (fields.size() == 1 && fields[0].find('=') == std::string::npos) {
        spec.type = OutputType::kLocal;
        spec.dest = fields[0];
        return spec;
    }
    std::vector<std::pair<std::string, std::string>> values;
    bool typed = false;
    for (const auto& field : fields) {
        const auto parts = split_once(field, '=');
        if (!parts) return usage(fmt::format("'{}' is not of the form KEY=VALUE", field));
        const std::string key = to_lower(trim(parts->first));
        if (key == "type") {
            SLIPWAY_ASSIGN(spec.type, parse_type(parts->second));
            typed = true;
        } else if (key.starts_with(kAnnotation)) {
            values.emplace_back(trim(parts->first), parts->second);  // its own key keeps its case
        } else {
            values.emplace_back(key, parts->second);
        }
    }
    if (!typed) return usage("the type is missing: type=image, oci, docker, local or tar");
    for (const auto& [key, value] : values) SLIPWAY_TRY(apply(spec, key, value));
    SLIPWAY_TRY(check_complete(spec));
    return spec;
}

}  // namespace slipway::exporter
