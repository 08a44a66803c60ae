#include "source/bootstrap.h"

#include "archive/compress.h"
#include "archive/tar.h"
#include "base/text.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "os/child.h"
#include "os/file.h"
#include "os/mount.h"
#include "os/system.h"
#include "source/internal/apt_sources.h"
#include "source/internal/root_tar.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <optional>
#include <thread>

namespace slipway::source {

namespace {

constexpr std::string_view kKeyringDir = "/usr/share/keyrings/";
constexpr std::size_t kKeptLog = 4096;

struct Distribution {
    std::string_view name;
    std::string_view keyring_package;
    std::string_view components;  ///< of an archive that is only given as URL
};
constexpr std::array kDistributions = {
    Distribution{
        .name = "debian", .keyring_package = "debian-archive-keyring", .components = "main"},
    Distribution{
        .name = "ubuntu", .keyring_package = "ubuntu-keyring", .components = "main universe"},
};

Result<Distribution> find_distribution(const std::string& name) {
    const auto found = std::ranges::find(kDistributions, name, &Distribution::name);
    if (found != kDistributions.end()) return *found;
    return make_error(ErrorCode::kUnsupported, "'{}' cannot be bootstrapped; debian and ubuntu can",
                      name);
}

/// Where a distribution's keys may be, the usual place first.
std::string find_keyring(std::string_view distribution, const std::vector<std::string>& there) {
    for (const std::string_view extension : {".gpg", ".pgp"}) {
        std::string path =
            fmt::format("{}{}-archive-keyring{}", kKeyringDir, distribution, extension);
        if (std::ranges::find(there, path) != there.end()) return path;
    }
    return {};
}

std::string machine_keyring(std::string_view distribution) {
    std::vector<std::string> there;
    for (const std::string_view extension : {".gpg", ".pgp"}) {
        const std::string path =
            fmt::format("{}{}-archive-keyring{}", kKeyringDir, distribution, extension);
        if (os::path_exists(path)) there.push_back(path);
    }
    return find_keyring(distribution, there);
}

Result<std::vector<AptEntry>> given_entries(const BootstrapOptions& options,
                                            const Distribution& distribution) {
    std::vector<AptEntry> entries;
    for (const auto& mirror : options.mirrors) {
        const bool is_line = mirror.starts_with("deb ");
        const std::string line =
            is_line ? mirror
                    : fmt::format("deb {} {} {}", mirror, options.suite, distribution.components);
        const auto parsed = parse_one_line_sources(line);
        if (parsed.size() != 1)
            return make_error(ErrorCode::kUsage, "'{}' is neither a URL nor a 'deb' line", mirror);
        entries.push_back(parsed[0]);
    }
    return entries;
}

/// Entries whose keyring is there: unsigned packages are never installed.
Result<std::vector<AptEntry>> find_entries(const BootstrapOptions& options,
                                           const Distribution& distribution) {
    std::vector<AptEntry> entries;
    if (options.mirrors.empty()) {
        SLIPWAY_ASSIGN(const auto machine, AptMachine::read());
        SLIPWAY_ASSIGN(entries, choose_entries(machine, options.distribution, options.suite));
    } else {
        SLIPWAY_ASSIGN(entries, given_entries(options, distribution));
    }
    for (auto& entry : entries) {
        if (entry.signed_by.empty()) entry.signed_by = machine_keyring(distribution.name);
        const auto keyrings = split(entry.signed_by, ',');
        const bool there = std::ranges::all_of(keyrings, [](std::string_view path) {
            return !path.empty() && os::path_exists(std::string(path));
        });
        if (!there) {
            return Error(ErrorCode::kResource,
                         fmt::format("the keys of {}'s archive are not on this machine",
                                     distribution.name))
                .hint(fmt::format("apt-get install {}", distribution.keyring_package));
        }
    }
    return entries;
}

/// The proxies of apt's own settings, which mmdebstrap does not read: http_proxy -> URL.
std::map<std::string, std::string> apt_proxies() {
    std::map<std::string, std::string> proxies;
    const auto output =
        os::run_command({.argv = {"apt-config", "dump", "--format", "%F=%v%n", "Acquire"}});
    if (!output || !output->status.ok()) return proxies;
    for (const auto line : split(output->out, '\n')) {
        const auto setting = split_once(line, '=');
        if (!setting || setting->second.empty() || setting->second == "DIRECT") continue;
        for (const std::string scheme : {"http", "https"}) {
            if (equals_ignoring_case(setting->first, "Acquire::" + scheme + "::Proxy")) {
                proxies[scheme + "_proxy"] = setting->second;
            }
        }
    }
    return proxies;
}

/// Package scripts see this environment, so it holds nothing of ours but what a download needs.
std::vector<std::string> child_env(const std::string& temp_dir) {
    std::vector<std::string> env = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
        "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "TMPDIR=" + temp_dir};
    const auto proxies = apt_proxies();
    for (const auto& [name, url] : proxies) env.push_back(fmt::format("{}={}", name, url));
    for (const auto* name : {"http_proxy", "https_proxy", "no_proxy"}) {
        const auto value = os::get_env(name);
        if (value && !proxies.contains(name)) env.push_back(fmt::format("{}={}", name, *value));
    }
    return env;
}

std::vector<std::string> command_line(const BootstrapOptions& options,
                                      const std::vector<AptEntry>& entries) {
    // Namespaces of its own: whenever it ends, its mounts and its processes end with it.
    std::vector<std::string> argv = {"unshare",      "--mount",
                                     "--pid",        "--fork",
                                     "--kill-child", "--mount-proc",
                                     "mmdebstrap",   "--mode=root",
                                     "--format=tar", "--variant=" + options.variant};
    auto include = options.include;
    // In Ubuntu apt is not among the packages that are required.
    if (options.variant == "minbase") include.emplace_back("apt");
    if (!include.empty()) argv.push_back("--include=" + join(include, ","));
    argv.push_back(options.suite);
    argv.emplace_back("-");
    for (const auto& entry : entries) argv.push_back(entry.line());
    return argv;
}

/// Passes on what it reads.
class TeeReader final : public Reader {
  public:
    TeeReader(Reader& source, Writer& copy) : source_(source), copy_(copy) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override {
        SLIPWAY_ASSIGN(const std::size_t size, source_.read(buffer));
        if (size > 0) SLIPWAY_TRY(copy_.write(buffer.first(size)));
        return size;
    }

  private:
    Reader& source_;
    Writer& copy_;
};

/// What the program writes to stderr: to the sink as it comes, and its last part for an error
/// message.
std::string pass_on_log(const os::Fd& fd, progress::Sink& sink, const Digest& step) {
    os::FdReader reader(fd);
    std::array<char, 4096> buffer{};
    std::string tail;
    while (true) {
        const auto size = reader.read(std::as_writable_bytes(std::span(buffer)));
        if (!size || *size == 0) return tail;
        const std::string text(buffer.data(), *size);
        sink.emit(progress::StepLog{.step = step, .stream = 2, .text = text});
        tail += text;
        if (tail.size() > kKeptLog) tail.erase(0, tail.size() - kKeptLog);
    }
}

/// The lines that say what is wrong, else the last one.
std::string error_lines(const std::string& log) {
    std::vector<std::string> errors;
    std::string last;
    for (const auto line : split(log, '\n')) {
        if (line.starts_with("E: ")) errors.emplace_back(line.substr(3));
        if (!trim(line).empty()) last = line;
    }
    return errors.empty() ? last : join(errors, "; ");
}

Result<RootFacts> scan_and_drain(Reader& tar, std::int64_t run_started) {
    SLIPWAY_ASSIGN(auto reader, archive::TarReader::open(tar));
    SLIPWAY_ASSIGN(auto facts, scan_root(reader, run_started));
    std::vector<std::byte> rest(64UL * 1024);
    while (true) {
        SLIPWAY_ASSIGN(const std::size_t size, tar.read(rest));
        if (size == 0) return facts;
    }
}

/// Runs mmdebstrap; its tar is in `spool` afterwards.
Result<RootFacts> make_root(const BootstrapOptions& options, const std::vector<AptEntry>& entries,
                            const std::string& temp_dir, const std::string& spool,
                            progress::Sink& sink, const Digest& step, const std::stop_token& stop) {
    SLIPWAY_ASSIGN(auto spool_fd, os::open_write(spool, 0600));
    SLIPWAY_ASSIGN(auto out, os::make_pipe());
    SLIPWAY_ASSIGN(auto err, os::make_pipe());
    os::SpawnOptions command;
    command.argv = command_line(options, entries);
    command.env = child_env(temp_dir);
    command.stdout_fd = out.write.get();
    command.stderr_fd = err.write.get();
    const std::int64_t run_started = os::now_unix_nanoseconds() / 1'000'000'000;
    SLIPWAY_ASSIGN(auto child, os::Child::spawn(command));
    SLIPWAY_TRY(out.write.close());
    SLIPWAY_TRY(err.write.close());

    std::stop_source own_stop;
    const std::stop_callback on_stop(stop, [&] { own_stop.request_stop(); });
    std::string log;
    std::optional<Result<os::ExitStatus>> ended;
    Result<RootFacts> facts = RootFacts();
    {
        const std::jthread logger([&] { log = pass_on_log(err.read, sink, step); });
        const std::jthread waiter([&] {
            ended = child.wait(own_stop.get_token(), [&] { (void)child.signal(SIGKILL); });
        });
        os::FdReader reader(out.read);
        os::FdWriter writer(spool_fd);
        TeeReader tee(reader, writer);
        facts = scan_and_drain(tee, run_started);
        if (!facts) own_stop.request_stop();
        out.read = os::Fd();
    }
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
    SLIPWAY_TRY(*ended);
    const bool failed = !(*ended)->ok();
    if (failed &&
        (facts || facts.error().code() != ErrorCode::kResource)) {  // a full disk says more
        return make_error(ErrorCode::kStepFailed, "mmdebstrap failed: {}", error_lines(log))
            .exit_status((*ended)->code);
    }
    SLIPWAY_TRY(facts);
    if (facts->newest_shipped == 0)
        return Error(ErrorCode::kCorrupt, "mmdebstrap made a root without files");
    SLIPWAY_TRY(spool_fd.close());
    return facts;
}

/// A folder below `path` where syncing costs nothing: dpkg syncs every file it unpacks, but what
/// comes of a root cut short is thrown away anyway. Without overlayfs, `path` itself.
struct ScratchDir {
    std::string path;
    std::optional<os::MountPoint> mounted;
};

Result<ScratchDir> make_scratch(const std::string& path) {
    const os::OverlaySpec spec{
        .lower = {path + "/lower"}, .upper = path + "/upper", .work = path + "/work"};
    const std::string target = path + "/scratch";
    for (const auto& dir : {spec.lower[0], spec.upper, spec.work, target}) {
        SLIPWAY_TRY(os::make_dirs(dir, 0700));
    }
    auto mounted = os::mount_overlay(spec, target);
    if (!mounted) return ScratchDir{.path = path, .mounted = {}};
    return ScratchDir{.path = target, .mounted = std::move(*mounted)};
}

struct StoredLayer {
    image::Descriptor blob;
    Digest diff_id;
    std::uint64_t uncompressed_size = 0;
};

Result<StoredLayer> store_layer(const std::string& spool, const RootChanges& changes,
                                const BootstrapStores& stores) {
    SLIPWAY_ASSIGN(const auto fd, os::open_read(spool));
    os::FdReader file(fd);
    SLIPWAY_ASSIGN(auto in, archive::TarReader::open(file));
    SLIPWAY_ASSIGN(auto ingest, stores.blobs.ingest());
    SLIPWAY_ASSIGN(const auto compressor,
                   archive::make_compressor(archive::Compression::kGzip, ingest, stores.cpu_pool));
    DigestWriter plain(*compressor);
    SLIPWAY_ASSIGN(auto out, archive::TarWriter::open(plain));
    SLIPWAY_TRY(rewrite_root(in, out, changes));
    SLIPWAY_TRY(compressor->finish());
    StoredLayer layer;
    layer.uncompressed_size = plain.size();
    layer.diff_id = plain.finish();
    layer.blob.media_type = image::kOciLayerGzip;
    layer.blob.size = ingest.size();
    SLIPWAY_ASSIGN(layer.blob.digest, ingest.commit());
    return layer;
}

/// So that the first build on it need not unpack it again.
Result<void> unpack_layer(const StoredLayer& layer, const BootstrapStores& stores,
                          const std::stop_token& stop) {
    const Digest chain_id = image::chain_ids({layer.diff_id}).front();
    SLIPWAY_ASSIGN(const auto known, stores.layers.find_chain(chain_id));
    if (known) return {};
    SLIPWAY_ASSIGN(const auto fd, stores.blobs.open(layer.blob.digest));
    os::FdReader file(fd);
    SLIPWAY_ASSIGN(const auto tar, archive::make_decompressor(file));
    SLIPWAY_ASSIGN(const auto id, stores.layers.unpack(*tar, {}, layer.diff_id, stop));
    SLIPWAY_TRY(stores.layers.remember_blob(id, {.diff_id = layer.diff_id,
                                                 .uncompressed_size = layer.uncompressed_size,
                                                 .digest = layer.blob.digest,
                                                 .size = layer.blob.size,
                                                 .media_type = layer.blob.media_type}));
    return stores.layers.remember_chain(chain_id, {id});
}

image::ImageConfig make_config(const BootstrapOptions& options, const RootFacts& facts,
                               const StoredLayer& layer) {
    image::ImageConfig config =
        image::ImageConfig::for_scratch({.architecture = os::machine_architecture()});
    const std::string created = image::rfc3339(facts.newest_shipped);
    config.created = created;
    config.cmd = {facts.has_bash ? "bash" : "/bin/sh"};
    config.diff_ids = {layer.diff_id};
    std::string made_by =
        fmt::format("slipway bootstrap {}:{}", options.distribution, options.suite);
    if (!options.include.empty()) made_by += " --include " + join(options.include, ",");
    config.history.push_back({.created = created, .created_by = std::move(made_by)});
    return config;
}

Result<BootstrappedImage> store_image(const std::string& name, const image::ImageConfig& config,
                                      const StoredLayer& layer, const BootstrapStores& stores) {
    const std::string config_text = config.dump();
    image::Manifest manifest;
    manifest.config.media_type = image::kOciConfig;
    manifest.config.size = config_text.size();
    SLIPWAY_ASSIGN(manifest.config.digest, stores.blobs.put(config_text));
    manifest.layers = {layer.blob};
    const std::string text = manifest.dump();
    BootstrappedImage image{
        .name = name, .manifest_digest = {}, .compressed_size = layer.blob.size};
    SLIPWAY_ASSIGN(image.manifest_digest, stores.blobs.put(text));
    SLIPWAY_TRY(stores.names.set({.name = name,
                                  .target = image.manifest_digest,
                                  .media_type = manifest.media_type,
                                  .target_size = text.size(),
                                  .created_at = os::now_unix_nanoseconds() / 1'000'000'000}));
    return image;
}

/// For apt inside the image, whose keys may be elsewhere than this machine's.
std::string sources_list(std::vector<AptEntry> entries, const std::string& keyring) {
    std::string text;
    for (auto& entry : entries) {
        entry.signed_by = keyring;
        text += entry.line() + "\n";
    }
    return text;
}

Result<void> check_options(const BootstrapOptions& options) {
    if (!options.architecture.empty() && options.architecture != os::machine_architecture()) {
        return make_error(ErrorCode::kUnsupported,
                          "bootstrap makes images for this machine's {} only, not for {}",
                          os::machine_architecture(), options.architecture);
    }
    const auto is_name = [](const std::string& text) {
        return !text.empty() && !text.starts_with('-') &&
               text.find_first_of("/, \t\n") == std::string::npos;
    };
    if (!is_name(options.suite))
        return make_error(ErrorCode::kUsage, "'{}' is not the name of a suite", options.suite);
    if (!is_name(options.variant))
        return make_error(ErrorCode::kUsage, "'{}' is not a variant", options.variant);
    for (const auto& package : options.include) {
        if (!is_name(package))
            return make_error(ErrorCode::kUsage, "'{}' is not the name of a package", package);
    }
    for (const auto& [program, package] :
         {std::pair("mmdebstrap", "mmdebstrap"), std::pair("unshare", "util-linux")}) {
        if (os::find_program(program)) continue;
        return make_error(ErrorCode::kResource, "{} is not installed", program)
            .hint(fmt::format("apt-get install {}", package));
    }
    if (!os::is_root())
        return Error(ErrorCode::kResource, "bootstrap needs root").hint("run it with sudo");
    return {};
}

}  // namespace

Result<BootstrappedImage> bootstrap(const BootstrapOptions& options, const BootstrapStores& stores,
                                    progress::Sink& sink, const Digest& step,
                                    std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto distribution, find_distribution(options.distribution));
    SLIPWAY_TRY(check_options(options));
    const std::string wanted = options.distribution + ":" + options.suite;
    SLIPWAY_ASSIGN(const auto ref,
                   image::ImageRef::parse(options.name.empty() ? wanted : options.name));
    if (ref.digest)
        return make_error(ErrorCode::kUsage, "'{}' cannot be a name: it has a digest",
                          options.name);
    SLIPWAY_ASSIGN(const auto entries, find_entries(options, distribution));
    SLIPWAY_ASSIGN(const auto temp, stores.store.temp_dir("bootstrap"));
    const std::string spool = temp.path() + "/root.tar";
    RootFacts facts;
    {
        SLIPWAY_ASSIGN(const auto scratch, make_scratch(temp.path()));
        SLIPWAY_ASSIGN(facts, make_root(options, entries, scratch.path, spool, sink, step, stop)
                                  .context("bootstrap {}", wanted));
    }
    const RootChanges changes{
        .epoch = facts.newest_shipped,
        .sources_list = sources_list(entries, find_keyring(distribution.name, facts.keyrings))};
    SLIPWAY_ASSIGN(const auto layer, store_layer(spool, changes, stores));
    SLIPWAY_TRY(unpack_layer(layer, stores, stop));
    SLIPWAY_ASSIGN(auto image,
                   store_image(ref.to_string(), make_config(options, facts, layer), layer, stores));
    image.created = facts.newest_shipped;
    return image;
}

}  // namespace slipway::source
