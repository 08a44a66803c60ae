#include "source/http_files.h"

#include "archive/tar.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "base/url.h"
#include "os/file.h"
#include "snapshot/file_ops.h"
#include "source/internal/http_download.h"

#include <algorithm>

namespace slipway::source {

namespace {

constexpr std::string_view kDefaultName = "download";
constexpr std::size_t kMaxRecord = std::size_t{64} * 1024;
constexpr std::string_view kRequest = "url-";

std::string name_of(const HttpFile& file, const registry::HttpResponse* response) {
    if (!file.name.empty()) return safe_file_name(file.name);
    if (response != nullptr) {
        const std::string* header = response->find_header("content-disposition");
        const std::string given = header == nullptr ? "" : disposition_file_name(*header);
        if (!given.empty()) return safe_file_name(given);
    }
    return safe_file_name(url_base_name(file.url));
}

std::string record_name(const Digest& request) {
    return std::string(kRequest) + request.hex();
}

Digest request_key(const HttpFile& file) {
    Sha256 hash;
    hash.field(file.url);
    for (const auto& header : file.headers) hash.field(header);
    return hash.finish();
}

os::Timestamp time_of(const HttpContent& content) {
    return {content.last_modified.value_or(0), 0};
}

Result<snapshot::LayerId> commit(const snapshot::LayerStore& layers, snapshot::LayerDraft draft,
                                 const std::string& name, const Digest& digest) {
    return layers.commit(std::move(draft), [&](const snapshot::Entry& entry) {
        return entry.path == name ? std::optional(digest) : std::nullopt;
    });
}

}  // namespace

struct HttpFiles::Known {
    HttpContent content = {};
    Validators validators = {};  ///< empty: nothing is known
    bool outdated = false;       ///< the server has another version by now
};

HttpFiles::HttpFiles(const content::Store& store, const snapshot::LayerStore& layers,
                     async::ThreadPool& pool, HttpFilesOptions options)
    : store_(store),
      layers_(layers),
      pool_(pool),
      retries_(options.retries),
      client_(std::move(options.http)) {}

std::optional<HttpFiles::Known> HttpFiles::find_known(const Digest& request) const {
    const auto text = os::find_file(store_.path("downloads/" + record_name(request)), kMaxRecord);
    if (!text || !*text) return std::nullopt;
    const auto json = parse_json(**text);
    if (!json || !json->is_object()) return std::nullopt;
    const auto digest = Digest::parse(json_string(*json, "digest").value_or(""));
    if (!digest || !find_content(*digest)) return std::nullopt;
    Known known;
    known.content.digest = *digest;
    known.content.name = safe_file_name(json_string(*json, "name").value_or(""));
    known.validators.etag = json_string(*json, "etag").value_or("");
    known.validators.last_modified = json_string(*json, "last_modified").value_or("");
    known.content.last_modified = registry::parse_http_date(known.validators.last_modified);
    return known;
}

std::optional<HttpFiles::Place> HttpFiles::find_content(const Digest& content) const {
    const auto text = os::find_file(store_.path("downloads/" + content.hex()), kMaxRecord);
    if (!text || !*text) return std::nullopt;
    const auto parts = split_once(**text, ' ');
    if (!parts) return std::nullopt;
    Place place{snapshot::LayerId(parts->first), std::string(parts->second)};
    if (!layers_.has(place.layer)) return std::nullopt;
    const auto loaded = layers_.load(place.layer);
    if (!loaded) return std::nullopt;
    const auto* entry = (*loaded)->manifest().find(place.name);
    if (entry == nullptr || !entry->is_regular() || entry->content != content) return std::nullopt;
    return place;
}

Result<void> HttpFiles::remember(const Digest& content, const Place& place) const {
    SLIPWAY_TRY(os::make_dirs(store_.path("downloads")));
    return os::write_file(store_.path("downloads/" + content.hex()),
                          place.layer + " " + place.name);
}

Result<std::optional<HttpContent>> HttpFiles::resolve(const HttpFile& file, Download download,
                                                      progress::Sink& sink, const Digest& step,
                                                      std::stop_token stop) {
    if (file.checksum) return HttpContent{.digest = *file.checksum, .name = name_of(file, nullptr)};
    const Digest key = request_key(file);
    const auto named = [&file](HttpContent content) {
        if (!file.name.empty()) content.name = name_of(file, nullptr);
        return content;
    };
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = resolved_.find(key); found != resolved_.end())
            return named(found->second);
    }
    SLIPWAY_ASSIGN(const auto content, flights_.run(key, stop, [&](std::stop_token shared_stop) {
        return ask(file, download, sink, step, std::move(shared_stop));
    }));
    if (!content) return content;
    const std::lock_guard lock(mutex_);
    return named(resolved_.emplace(key, *content).first->second);
}

Result<std::optional<HttpContent>> HttpFiles::ask(const HttpFile& file, Download download,
                                                  progress::Sink& sink, const Digest& step,
                                                  std::stop_token stop) {
    Known known = find_known(request_key(file)).value_or(Known());
    SLIPWAY_ASSIGN(auto content, fetch(file, known, download, sink, step, std::move(stop)));
    if (content || known.validators.empty() || known.outdated) return content;
    return std::optional(known.content);
}

Result<std::optional<HttpContent>> HttpFiles::fetch(const HttpFile& file, Known& known,
                                                    Download download, progress::Sink& sink,
                                                    const Digest& step, std::stop_token stop) {
    SLIPWAY_ASSIGN(auto draft, layers_.begin());
    SLIPWAY_ASSIGN(auto part, HashedFile::create(draft.diff(), std::string(kDefaultName)));
    DownloadRequest request{
        .http = {}, .known = known.validators, .wanted = download == Download::kIfNeeded};
    request.http.url = file.url;
    request.http.headers = file.headers;
    request.http.authorization = file.authorization;
    request.http.redirects =
        file.checksum ? registry::Redirects::kAny : registry::Redirects::kNoDowngrade;
    const Downloader downloader{client_, retries_, patience_};
    const Listener listener{sink, step};
    SLIPWAY_ASSIGN(const Downloaded downloaded, downloader.run(request, part, listener, stop));
    known.outdated = downloaded.end == DownloadEnd::kUnwanted;
    if (downloaded.end != DownloadEnd::kDone) return std::optional<HttpContent>();

    HttpContent content;
    SLIPWAY_ASSIGN(content.digest, part.finish());
    if (file.checksum && content.digest != *file.checksum) {
        return make_error(ErrorCode::kCorrupt, "'{}' has the checksum {}, not {}",
                          downloaded.head.url, content.digest, *file.checksum);
    }
    content.name = name_of(file, &downloaded.head);
    const Validators validators = Validators::of(downloaded.head);
    content.last_modified = registry::parse_http_date(validators.last_modified);

    const RelPath path = RelPath().child(content.name);
    const os::Dir& dir = draft.diff();
    if (path != part.path()) SLIPWAY_TRY(dir.rename(part.path(), dir, path));
    SLIPWAY_TRY(dir.set_owner(path, file.uid, file.gid));
    SLIPWAY_TRY(dir.set_mode(path, file.mode));
    SLIPWAY_TRY(dir.set_times(path, time_of(content), time_of(content)));
    SLIPWAY_ASSIGN(auto layer, commit(layers_, std::move(draft), content.name, content.digest));
    SLIPWAY_TRY(remember(content.digest, {std::move(layer), content.name}));
    if (validators.empty()) return std::optional(std::move(content));
    const Json record = {{"url", downloaded.head.url},
                         {"digest", content.digest.to_string()},
                         {"name", content.name},
                         {"etag", validators.etag},
                         {"last_modified", validators.last_modified}};
    SLIPWAY_TRY(os::write_file(store_.path("downloads/" + record_name(request_key(file))),
                               dump_json(record, 1)));
    return std::optional(std::move(content));
}

Result<snapshot::LayerId> HttpFiles::layer(const HttpFile& file, const HttpContent& content,
                                           progress::Sink& sink, const Digest& step,
                                           std::stop_token stop) {
    auto found = find_content(content.digest);
    if (!found) {
        HttpFile pinned = file;
        pinned.checksum = content.digest;
        Known nothing;
        SLIPWAY_TRY(fetch(pinned, nothing, Download::kIfNeeded, sink, step, stop));
        found = find_content(content.digest);
        if (!found) return make_error(ErrorCode::kInternal, "a download is gone again");
    }
    const auto& [layer, name] = *found;
    SLIPWAY_ASSIGN(const auto loaded, layers_.load(layer));
    const auto* entry = loaded->manifest().find(name);
    const bool pinned = file.checksum.has_value();  // its time is that of whichever came first
    const os::Timestamp time = pinned ? entry->mtime : time_of(content);
    if (name == content.name && (entry->mode & 07777U) == file.mode && entry->uid == file.uid &&
        entry->gid == file.gid && entry->mtime == time) {
        return layer;
    }
    SLIPWAY_ASSIGN(auto draft, layers_.begin());
    snapshot::FileEditor editor(layers_, snapshot::View(), std::move(draft), pool_);
    snapshot::CopyOptions copy;
    copy.source.path = "/" + name;
    copy.dest = "/" + content.name;
    copy.owner = snapshot::Owner{file.uid, file.gid};
    copy.mode = file.mode;
    copy.time = time;
    SLIPWAY_TRY(editor.copy(snapshot::View({loaded}), copy, stop));
    return editor.commit();
}

Result<std::optional<std::int64_t>> HttpFiles::newest_member(const HttpFile& file,
                                                             const HttpContent& content,
                                                             progress::Sink& sink,
                                                             const Digest& step,
                                                             std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto id, layer(file, content, sink, step, stop));
    SLIPWAY_ASSIGN(const auto loaded, layers_.load(id));
    SLIPWAY_ASSIGN(const auto fd, loaded->root().open_file(RelPath().child(content.name)));
    os::FdReader data(fd);
    std::optional<std::int64_t> newest;
    auto tar = archive::TarReader::open(data, archive::Decompress::kAny);
    if (!tar) return newest;
    while (true) {
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
        const auto member = tar->next();
        if (!member) return std::optional<std::int64_t>();
        if (!*member) return newest;
        if ((*member)->type == archive::EntryType::kRegular)
            newest = std::max(newest.value_or((*member)->mtime_seconds), (*member)->mtime_seconds);
    }
}

Result<Digest> HttpFiles::put(Reader& data, const std::string& name, std::stop_token stop) {
    SLIPWAY_ASSIGN(auto draft, layers_.begin());
    SLIPWAY_ASSIGN(auto file, HashedFile::create(draft.diff(), name));
    std::vector<std::byte> buffer(256UL * 1024);
    while (true) {
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
        SLIPWAY_ASSIGN(const std::size_t size, data.read(buffer));
        if (size == 0) break;
        SLIPWAY_TRY(file.write(std::span(buffer).first(size)));
    }
    SLIPWAY_ASSIGN(const Digest digest, file.finish());
    if (find_content(digest)) return digest;
    SLIPWAY_TRY(draft.diff().set_times(file.path(), {}, {}));
    SLIPWAY_ASSIGN(auto layer, commit(layers_, std::move(draft), name, digest));
    SLIPWAY_TRY(remember(digest, {std::move(layer), name}));
    return digest;
}

Result<std::uint64_t> HttpFiles::prune(const std::function<bool(const snapshot::LayerId&)>& keeps,
                                       content::Prune prune) const {
    SLIPWAY_ASSIGN(const auto folder, os::Dir::create(store_.path("downloads")));
    SLIPWAY_ASSIGN(const auto entries, folder.list({}));
    const auto is_kept = [&](const Digest& content) {
        const auto place = find_content(content);
        return place && keeps(place->layer);
    };
    std::uint64_t bytes = 0;
    for (const auto& entry : entries) {
        std::string_view hex = entry.name;
        std::optional<Digest> content;
        if (hex.starts_with(kRequest)) {
            hex.remove_prefix(kRequest.size());
            const auto request = Digest::parse("sha256:" + std::string(hex));
            const auto known = request ? find_known(*request) : std::nullopt;
            if (known) content = known->content.digest;
        } else if (const auto own = Digest::parse("sha256:" + std::string(hex))) {
            content = *own;
        }
        if (content && is_kept(*content)) continue;
        const RelPath path = RelPath().child(entry.name);
        SLIPWAY_ASSIGN(const std::uint64_t size, folder.tree_size(path));
        bytes += size;
        if (prune == content::Prune::kRemove) SLIPWAY_TRY(folder.remove_tree(path));
    }
    return bytes;
}

std::string safe_file_name(std::string_view name) {
    const std::string_view last = base_name(trim(name));
    const bool control = std::ranges::any_of(
        last, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    constexpr std::size_t kLongestName = 255;
    if (last.empty() || last == "." || last == ".." || last == "/" || control ||
        last.size() > kLongestName) {
        return std::string(kDefaultName);
    }
    return std::string(last);
}

std::string disposition_file_name(std::string_view header) {
    for (const std::string_view part : split(header, ';')) {
        const auto pair = split_once(part, '=');
        if (!pair || !equals_ignoring_case(trim(pair->first), "filename")) continue;
        std::string_view value = trim(pair->second);
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
            value = value.substr(1, value.size() - 2);
        if (value.ends_with('/')) return {};
        return std::string(value);
    }
    return {};
}

}  // namespace slipway::source
