#include "source/apt_packages.h"

#include "base/log.h"
#include "base/text.h"
#include "os/child.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/system.h"
#include "source/internal/apt_listing.h"

#include <algorithm>

namespace slipway::source {

namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::string_view kPrefix = "apt:";

bool is_word(std::string_view text) {
    return !text.empty() && text.front() != '-' && text.front() != '.' &&
           std::ranges::all_of(text, [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.' || c == '_';
           });
}

/// Written within the last day, or nothing.
bool is_fresh(const std::string& path) {
    const auto dir = os::Dir::open(path.substr(0, path.rfind('/')));
    const auto name = RelPath::parse(path.substr(path.rfind('/') + 1));
    if (!dir || !name) return false;
    const auto info = dir->find(*name);
    if (!info || !*info) return false;
    const std::int64_t now = os::now_unix_nanoseconds() / 1'000'000'000;
    return (*info)->mtime.seconds > now - kDay && (*info)->mtime.seconds <= now;
}

/// One suite's folder; its lock is held.
class Folder {
  public:
    Folder(std::string path, const AptMachine& machine, std::string suite)
        : path_(std::move(path)), machine_(machine), suite_(std::move(suite)) {}

    Result<AptArchive> resolve(const std::string& package, const std::stop_token& stop) const {
        const std::string answer = path_ + "/found/" + package;
        if (is_fresh(answer)) {
            if (auto known = read_answer(answer)) return *std::move(known);
        }
        auto found = ask(package, stop);
        if (found) {
            SLIPWAY_TRY(
                os::write_file(answer, found->url + " " + found->digest.to_string() + "\n"));
            return found;
        }
        // Without a network what was found last is as good as it gets.
        auto known = read_answer(answer);
        if (!known || found.error().code() != ErrorCode::kUnavailable) return found;
        log_debug("source", "apt: {}: the answer of another day stands: {}", package,
                  found.error().to_string());
        return *std::move(known);
    }

  private:
    static std::optional<AptArchive> read_answer(const std::string& path) {
        const auto text = os::find_file(path);
        if (!text || !*text) return std::nullopt;
        const auto parts = split_once(trim(**text), ' ');
        if (!parts) return std::nullopt;
        auto digest = Digest::parse(parts->second);
        if (!digest) return std::nullopt;
        return AptArchive{.url = std::string(parts->first), .digest = *digest};
    }

    [[nodiscard]] std::string path(std::string_view below) const {
        return path_ + "/" + std::string(below);
    }

    Result<AptArchive> ask(const std::string& package, const std::stop_token& stop) const {
        SLIPWAY_TRY(write_settings());
        const bool fresh = is_fresh(path("updated"));
        if (!fresh) SLIPWAY_TRY(update(stop));
        auto listed = list(package, stop);
        if (!listed && fresh && listed.error().code() == ErrorCode::kNotFound) {
            SLIPWAY_TRY(update(stop));
            listed = list(package, stop);
        }
        SLIPWAY_TRY(listed);
        return choose_archive(*listed);
    }

    /// Read after the machine's own settings, which tell of proxies and the like.
    Result<void> write_settings() const {
        if (path_.find_first_of("\";\n") != std::string::npos) {
            return make_error(ErrorCode::kUnsupported, "apt cannot work in a folder called '{}'",
                              path_);
        }
        SLIPWAY_ASSIGN(const auto entries, source_entries(machine_, suite_));
        for (const char* folder : {"lists/partial", "cache/archives/partial", "found"})
            SLIPWAY_TRY(os::make_dirs(path(folder)));
        SLIPWAY_TRY(os::write_file(path("sources.list"), source_lines(entries)));
        return os::write_file(path("apt.conf"),
                              fmt::format("#clear APT::Update;\n"
                                          "APT::Update::Error-Mode \"any\";\n"
                                          "APT::Sandbox::User \"root\";\n"
                                          "Acquire::Languages \"none\";\n"
                                          "Acquire::ForceHash \"SHA256\";\n"
                                          "Dir::Etc::SourceList \"{0}/sources.list\";\n"
                                          "Dir::Etc::SourceParts \"-\";\n"
                                          "Dir::State::Lists \"{0}/lists\";\n"
                                          "Dir::State::status \"/dev/null\";\n"
                                          "Dir::Cache \"{0}/cache\";\n",
                                          path_));
    }

    Result<std::string> apt(std::vector<std::string> words, const std::stop_token& stop) const {
        words.insert(words.begin(), {"env", "LC_ALL=C.UTF-8", "apt-get", "-c", path("apt.conf")});
        SLIPWAY_ASSIGN(const auto done, os::run_command({.argv = std::move(words)}, stop));
        if (done.status.ok()) return done.out;
        if (stop.stop_requested()) return make_error(ErrorCode::kCancelled, "interrupted");
        std::string said;
        for (const auto line : split(done.err, '\n')) {
            if (!line.starts_with("E: ")) continue;
            if (!said.empty()) said += "; ";
            said += line.substr(3);
        }
        return make_error(ErrorCode::kUnavailable, "apt-get: {}",
                          said.empty() ? trim(done.err) : said);
    }

    Result<void> update(const std::stop_token& stop) const {
        SLIPWAY_TRY(apt({"-q", "update"}, stop).context("the lists of source packages"));
        return os::write_file(path("updated"), "");
    }

    Result<std::string> list(const std::string& package, const std::stop_token& stop) const {
        auto listed = apt({"-q", "--only-source", "--print-uris", "source", package}, stop);
        if (listed || listed.error().code() != ErrorCode::kUnavailable) return listed;
        return std::move(listed).error().with_code(ErrorCode::kNotFound);
    }

    std::string path_;
    const AptMachine& machine_;
    std::string suite_;
};

}  // namespace

Result<AptPackage> AptPackage::parse(std::string_view text) {
    const auto parts = split_once(text.substr(kPrefix.size()), '/');
    AptPackage package{.name = std::string(parts ? parts->first : text.substr(kPrefix.size())),
                       .suite = std::string(parts ? parts->second : "")};
    if (!is_word(package.name) || (parts && !is_word(package.suite))) {
        return make_error(ErrorCode::kUsage, "'{}' names no source package", text)
            .hint("apt:PACKAGE or apt:PACKAGE/SUITE");
    }
    return package;
}

Result<AptArchive> AptPackages::resolve(const AptPackage& package, std::stop_token stop) const {
    if (!os::find_program("apt-get"))
        return Error(ErrorCode::kResource, "apt-get is not installed, and it finds them");
    SLIPWAY_ASSIGN(const auto machine, AptMachine::read());
    const std::string suite = package.suite.empty() ? machine.suite : package.suite;
    if (!is_word(suite)) {
        return Error(ErrorCode::kInvalidInput, "this machine does not say which suite it runs")
            .hint(fmt::format("apt:{}/SUITE names one", package.name));
    }
    const std::string path = store_.path("apt/" + suite);
    SLIPWAY_TRY(os::make_dirs(path));
    SLIPWAY_ASSIGN(const auto lock,
                   os::FileLock::acquire(path + "/lock", os::LockMode::kExclusive, stop));
    return Folder(path, machine, suite).resolve(package.name, stop).context("apt:{}", package.name);
}

Result<std::uint64_t> AptPackages::prune(content::Prune prune) const {
    const std::string path = store_.path("apt");
    if (!os::path_exists(path)) return 0;
    SLIPWAY_ASSIGN(const auto dir, os::Dir::open(path));
    SLIPWAY_ASSIGN(const auto bytes, dir.tree_size(RelPath()));
    if (prune == content::Prune::kRemove) SLIPWAY_TRY(store_.trash(path));
    return bytes;
}

}  // namespace slipway::source
